"""gunicorn in production: ``gunicorn -c config/deploy/gunicorn.conf.py config.wsgi:application``.

Under systemd the socket is handed over (``portal-web.socket``) and stays open through every
restart; started by hand it listens where ``BIND`` says.
"""

import os

bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_WORKERS", "2"))
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS", "4"))
# Not preloaded: a reload (HUP) then loads the new code, and a broken one leaves the old at work.
preload_app = False
timeout = 120
# What a stopping worker may still take for requests under way.
graceful_timeout = 60
keepalive = 5
# Workers are renewed now and then, not all in the same moment.
max_requests = 5000
max_requests_jitter = 500
limit_request_line = 8190
limit_request_fields = 60
# Only the proxy reaches the socket; its X-Forwarded-Proto is believed.
forwarded_allow_ips = "*"
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108 gunicorn makes its own names there
proc_name = "portal-web"
accesslog = None
loglevel = "warning"
