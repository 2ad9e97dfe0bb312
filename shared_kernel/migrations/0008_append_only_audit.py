"""Functions by which alone the application's role on PostgreSQL may change the audit, and what finds denials."""

from django.db import migrations, models
from django.db.models import Q

TABLE = "shared_kernel_auditentry"
FUNCTIONS = {
    "kernel_audit_forget_comments(entries bigint[])": f"""
        UPDATE {TABLE} SET comment = '' WHERE id = ANY(entries);
    """,
    "kernel_audit_strike(entry bigint, passages text[])": f"""
        FOREACH passage IN ARRAY passages LOOP
            UPDATE {TABLE} SET comment = replace(comment, passage, '…') WHERE id = entry AND passage <> '';
        END LOOP;
    """,
    "kernel_audit_dissociate(entries bigint[], login text)": f"""
        UPDATE {TABLE} SET subjects = subjects - 'patron', comment = '',
            principal = CASE WHEN principal = login THEN 'somebody' ELSE principal END
        WHERE id = ANY(entries) AND (subjects ? 'loan' OR subjects ? 'hold');
    """,
    "kernel_audit_delete_denials(entries bigint[])": f"""
        DELETE FROM {TABLE} WHERE id = ANY(entries) AND outcome = 'denied' AND at < now() - interval '1 day';
    """,
}


def create_functions(_apps, editor):
    if editor.connection.vendor != "postgresql":
        return
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(current_schema())")
        (schema,) = cursor.fetchone()
        for signature, body in FUNCTIONS.items():
            cursor.execute(
                f"CREATE OR REPLACE FUNCTION {signature} RETURNS void LANGUAGE plpgsql SECURITY DEFINER"
                f" SET search_path = {schema}, pg_temp AS $$ DECLARE passage text; BEGIN {body} END $$"
            )
            cursor.execute(f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")


def drop_functions(_apps, editor):
    if editor.connection.vendor == "postgresql":
        for signature in FUNCTIONS:
            editor.execute(f"DROP FUNCTION {signature}")


class Migration(migrations.Migration):
    dependencies = [("shared_kernel", "0007_breaker_setting")]

    operations = [
        migrations.RunPython(create_functions, drop_functions),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(
                fields=["principal", "at"], condition=Q(outcome="denied"), name="kernel_audit_denials"
            ),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["id"], condition=~Q(comment=""), name="kernel_audit_commented"),
        ),
    ]
