# The library's one image; docker-compose.yml says which process a container of it runs.

FROM python:3.11-slim AS build
COPY requirements/base.txt /tmp/base.txt
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --require-hashes --requirement /tmp/base.txt

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin library
COPY --from=build /venv /venv
COPY . /app
WORKDIR /app
# All that is written lies under var/: the rest is root's, and may be read-only.
RUN python -m compileall -q -j 0 . \
    && mkdir var \
    && chown library:library var
USER 10001
VOLUME /app/var
EXPOSE 8000
CMD ["granian", "--interface", "asginl", "--host", "0.0.0.0", "--port", "8000", "--workers", "2", "--backlog", "16384", "--backpressure", "8000", "--no-ws", "--workers-kill-timeout", "8", "--log-level", "warning", "library_project.asgi:application"]
