"""Service of `communique run`: visits, publishing, alerts, WebSub, the web server."""
