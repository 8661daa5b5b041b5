# Rivergauge as an image: everything from requirements/runtime.lock by hash, run by a user without rights.
#
#   docker build -t rivergauge .
#   docker run --rm -v "$PWD/pumps.toml:/srv/rivergauge/pumps.toml:ro" rivergauge run pumps.toml
#
# Secrets are not built in: RIVERGAUGE_SASL_PASSWORD and the like come from the environment at run time.

FROM python:3.12-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/rivergauge
WORKDIR /build

# The lock first: the packages are fetched again only when it changes.
COPY requirements/runtime.lock requirements/runtime.lock
RUN /opt/rivergauge/bin/pip install --require-hashes -r requirements/runtime.lock

COPY pyproject.toml README.md LICENSE ./
COPY schemas schemas
COPY models models
COPY streams streams
COPY examples examples
RUN /opt/rivergauge/bin/pip install --no-deps --no-build-isolation .


FROM python:3.12-slim

RUN useradd --system --uid 10001 --home-dir /srv/rivergauge --create-home --shell /usr/sbin/nologin rivergauge
# Snapshots, and the key that signs them: a volume mounted here keeps this owner and mode.
RUN install -d -o rivergauge -g nogroup -m 0700 /var/lib/rivergauge
COPY --from=build /opt/rivergauge /opt/rivergauge
COPY --chown=rivergauge examples /srv/rivergauge/examples

ENV PATH=/opt/rivergauge/bin:$PATH PYTHONUNBUFFERED=1
WORKDIR /srv/rivergauge
USER rivergauge

# Inside a container loopback is the container's own: whoever publishes the port decides who may reach it.
ENV RIVERGAUGE_SERVER_HOST=0.0.0.0
ENV RIVERGAUGE_SNAPSHOTS_DIRECTORY=/var/lib/rivergauge
# Where SageMaker unpacks a model's archive: there `docker run IMAGE serve` finds the gauge file.
ENV RIVERGAUGE_GAUGE=/opt/ml/model/gauge.toml
LABEL com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true
VOLUME /var/lib/rivergauge
# A worker's port, and a replica's: whichever of them is there is asked whether it lives.
EXPOSE 8642 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["python", "-c", "import socket, urllib.request; port = next(p for p in (8642, 8080) if not socket.socket().connect_ex(('127.0.0.1', p))); urllib.request.urlopen(f'http://127.0.0.1:{port}/livez', timeout=2)"]

ENTRYPOINT ["rivergauge"]
CMD ["--help"]
