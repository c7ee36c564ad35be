"""
Makes the calls of the JSON array on standard input ([profile, service, method, arguments]), and prints an array of what
came of each: `allowed`, or the code of the error.
"""
import functools
import json
import sys

import boto3
from botocore.exceptions import ClientError

session = functools.cache(lambda profile: boto3.Session(profile_name=profile))
client = functools.cache(lambda profile, service: session(profile).client(service))

outcomes = []
for profile, service, method, arguments in json.load(sys.stdin):
    try:
        getattr(client(profile, service), method)(**arguments)
        outcomes.append('allowed')
    except ClientError as error:
        outcomes.append(error.response['Error']['Code'])
print(json.dumps(outcomes))
