"""`communique run`: the loop, the timetable, the web server, WebSub at work."""
