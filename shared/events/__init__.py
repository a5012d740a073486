"""Events between services: written with the fact, published by a relay, applied once by every consumer."""
