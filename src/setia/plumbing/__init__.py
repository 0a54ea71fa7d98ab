"""What the machine needs and the business does not: settings, clocks, connections, logs, the embedded database."""
