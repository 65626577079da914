"""``ghosteam dashboard``: the deployment's dashboards as a web page of this machine."""
