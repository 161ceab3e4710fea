# The application with everything it needs, and nothing it was built with. Data lives in /data.
# Written with care and never built by the tests: look at it once before relying on it.
FROM python:3.13-slim AS build
WORKDIR /app
RUN python -m venv .venv
COPY requirements.txt ./
RUN .venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt
COPY package.json package-lock.json ./
COPY setup/ setup/
RUN .venv/bin/python setup/browser_libraries.py

FROM python:3.13-slim
RUN useradd --create-home --uid 1000 goodterms && install -d -o goodterms /data
WORKDIR /app
COPY --from=build /app/.venv .venv
COPY --from=build /app/static/vendor static/vendor
COPY app.py pyproject.toml ./
COPY crm/ crm/
RUN .venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation --no-index --editable .
COPY migrations/ migrations/
COPY templates/ templates/
COPY static/ static/
USER goodterms
ENV INSTANCE_DIR=/data HOST=0.0.0.0 PORT=5000 PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 5000
HEALTHCHECK --start-period=20s CMD [".venv/bin/python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:5000/healthz', timeout=3)"]
CMD [".venv/bin/flask", "--app", "app", "serve"]
