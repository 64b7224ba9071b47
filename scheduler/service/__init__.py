"""Service of `communique run`: visits, publishing, alerts, WebSub, and the web server."""
