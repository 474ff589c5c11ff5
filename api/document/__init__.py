"""The API's own description: the OpenAPI document and a page that shows it."""
