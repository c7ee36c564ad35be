"""
Makes the roles of the JSON array on standard input ({name, policies, document}: managed policies, and one of its own), anyone of the account may take them, and prints
an object of temporary credentials by role name.
"""
import json
import sys

import boto3

iam, sts = boto3.client('iam'), boto3.client('sts')
account = sts.get_caller_identity()['Account']
trust = {'Version': '2012-10-17', 'Statement': [
    {'Effect': 'Allow', 'Principal': {'AWS': account}, 'Action': 'sts:AssumeRole'}]}
credentials = {}
for role in json.load(sys.stdin):
    made = iam.create_role(RoleName=role['name'], AssumeRolePolicyDocument=json.dumps(trust))
    for policy in role['policies']:
        iam.attach_role_policy(RoleName=role['name'], PolicyArn=policy)
    if role.get('document'):
        iam.put_role_policy(RoleName=role['name'], PolicyName='Own', PolicyDocument=json.dumps(role['document']))
    taken = sts.assume_role(RoleArn=made['Role']['Arn'], RoleSessionName='conformance')['Credentials']
    credentials[role['name']] = {key: str(value) for key, value in taken.items()}
print(json.dumps(credentials))
