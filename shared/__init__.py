"""What every service stands on. Knows no elder and no city; never imports a service."""
