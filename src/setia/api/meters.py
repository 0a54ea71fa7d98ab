"""What /metrics tells: requests by route, status and duration; problems by code; the state of the connections."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from setia.plumbing.db import Pool

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class Meters:
    """Counters of one server process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "setia_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self.problems = Counter("setia_problems", "Problems answered, by code.", ["code"], registry=self.registry)
        self.seconds = Histogram(
            "setia_request_seconds", "Time to answer.", ["route"], registry=self.registry,
            buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5, 30),
        )  # fmt: skip
        self.activities = Counter(
            "setia_activities", "Activities answered, by what became of them.", ["status"], registry=self.registry
        )
        self.connections = Gauge(
            "setia_database_connections", "Connections to the database.", ["state"], registry=self.registry
        )

    def text(self, pool: Pool) -> bytes:
        """All of it, as Prometheus reads it."""
        stats = pool.get_stats()
        self.connections.labels("open").set(stats.get("pool_size", 0))
        self.connections.labels("free").set(stats.get("pool_available", 0))
        self.connections.labels("waited_for").set(stats.get("requests_waiting", 0))
        return generate_latest(self.registry)
