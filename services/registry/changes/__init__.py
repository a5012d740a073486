"""Changes 变更事项 of where money goes and of who somebody is: asked for by one person, decided by another."""
