"""A problem's history played again under several policies of retraining. Pure: who learns and who
looks at rows is an argument.
"""
