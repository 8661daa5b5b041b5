"""The job in Quix Streams, as its documentation writes it; at least once, its default.

python -m benchmarks.peers.quix_loop SERVERS INPUT OUTPUT MODEL
"""

from __future__ import annotations

import sys
from tempfile import TemporaryDirectory

from quixstreams import Application

from benchmarks.job import Job


def main(servers: str, source: str, target: str, model_name: str) -> None:
    with TemporaryDirectory() as state:
        app = Application(
            broker_address=servers,
            consumer_group=f"quix-{target}",
            auto_offset_reset="earliest",
            auto_create_topics=False,
            use_changelog_topics=False,
            state_dir=state,
            loglevel="WARNING",
        )
        events = app.topic(source, value_deserializer="json")
        answers = app.topic(target, value_serializer="json")
        app.dataframe(events).apply(Job(model_name).answer).to_topic(answers)
        app.run()


if __name__ == "__main__":
    main(*sys.argv[1:])
