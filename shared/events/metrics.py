"""What operators watch. Labels: service, and topic or type where it helps."""

from prometheus_client import Counter, Gauge, Histogram

BACKLOG = Gauge("anxiang_outbox_backlog", "Events written and not yet published", ["service"])
LEADING = Gauge("anxiang_outbox_relay_leading", "1 where this process's relay is the active one", ["service"])
PUBLISHED = Counter("anxiang_outbox_published", "Events published", ["service"])
LAG = Gauge("anxiang_consumer_lag", "Events on the topic that the service has not handled yet", ["service", "topic"])
HANDLED = Counter("anxiang_consumer_handled", "Events handled and committed", ["service", "type"])
REPEATED = Counter("anxiang_consumer_repeated", "Events delivered again and not applied again", ["service"])
RETRIES = Counter("anxiang_consumer_retries", "Attempts after a failure", ["service", "why"])
DEAD = Counter("anxiang_dead_letters", "Events that failed for good", ["service", "topic"])
BATCH = Histogram("anxiang_consumer_batch_seconds", "Time from taking a batch to its commit", ["service"])
