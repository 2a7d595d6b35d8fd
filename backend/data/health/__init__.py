"""What deserves attention in a data set before anybody trains on it: findings, each with a way on.

Every function here is pure: tables and arrays in, findings out; nothing is read or stored.
"""
