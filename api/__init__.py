"""The HTTP service: routes, webhooks, pages and who may use them.  HTTP status codes stay here."""
