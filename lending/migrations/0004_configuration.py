from uuid import uuid4

from django.db import migrations, models


def draw_stamp(apps, schema_editor):
    apps.get_model("lending", "ConfigurationRow").objects.create(id=1, stamp=uuid4())


class Migration(migrations.Migration):

    dependencies = [
        ('lending', '0003_accounts_and_lost_things'),
    ]

    operations = [
        migrations.CreateModel(
            name='ConfigurationRow',
            fields=[
                ('id', models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ('stamp', models.UUIDField()),
            ],
            options={
                'db_table': 'lending_configuration',
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='lending_one_configuration')],
            },
        ),
        migrations.RunPython(draw_stamp, migrations.RunPython.noop),
    ]
