"""The CDK application: one deployment is one environment."""
