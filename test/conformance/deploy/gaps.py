"""
What ministack lacks of AWS for Annals. Each gap says what AWS does, has a check that shows the gap in ministack as it is
published, and a patch. Not patched: docs/conformance.md lists it.
"""
import asyncio
import csv
import json
import re
import time
import urllib.request
from types import SimpleNamespace

import ministack.app as app
import ministack.core.iam_actions as actions
import ministack.core.iam_evaluator as evaluator
import ministack.core.sigv4 as sigv4
import ministack.services.apigateway as apigateway
import ministack.services.athena as athena
import ministack.services.cloudformation.provisioners as provisioners
import ministack.services.eventbridge as eventbridge
import ministack.services.s3 as s3

gaps = []


def gap(aws):
    """Registers a function that returns whether the gap is there, and the patch. `aws`: what AWS does."""
    def register(build):
        gaps.append((aws, *build()))
        return build
    return register


@gap('signs `:authority` in place of `host` if the request comes by HTTP/2')
def authority():
    build = sigv4.build_canonical_headers

    def is_there():
        return 'example.com' not in sigv4.build_canonical_headers({'host': 'example.com'}, ':authority')

    def patch():
        sigv4.build_canonical_headers = lambda headers, signed: build(
            {**headers, ':authority': headers.get('host', '')}, signed)
    return is_there, patch


@gap('has in aws:PrincipalArn the role that was assumed, not the session')
def principal_arn():
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-principalarn
    resolve = evaluator._resolve_condition_key
    session = SimpleNamespace(principal_arn='arn:aws:sts::111122223333:assumed-role/Reader/me')

    def is_there():
        return evaluator._resolve_condition_key('aws:PrincipalArn', session).endswith('/Reader/me')

    def patch():
        def with_role(key, context):
            found = resolve(key, context)
            if key.lower() != 'aws:principalarn':
                return found
            return re.sub(r'^arn:(\S+):sts::(\d+):assumed-role/([^/]+)/.*$', r'arn:\1:iam::\2:role/\3', found)
        evaluator._resolve_condition_key = with_role
    return is_there, patch


@gap('has the condition keys s3:if-none-match and s3:if-match')
def conditional_put():
    context = actions._s3_object_context
    names = ('if-none-match', 'if-match')

    def is_there():
        found = actions._s3_object_context('s3:PutObject', {}, '/bucket/key', {'if-none-match': '*'})
        return 's3:if-none-match' not in found

    def patch():
        def with_conditions(action, query, path, headers):
            found = context(action, query, path, headers)
            if action == 's3:PutObject':
                found.update({f's3:{name}': headers[name] for name in names if headers.get(name)})
            return found
        actions._s3_object_context = with_conditions
    return is_there, patch


@gap('refuses a request whose x-amz-expected-bucket-owner does not have the bucket')
def expected_owner():
    # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
    scope = s3._apply_bucket_scope

    def is_there():
        s3._buckets['bucket'] = {}
        try:
            headers = {'x-amz-expected-bucket-owner': '999999999999'}
            return s3._apply_bucket_scope('GET', 'bucket', 'key', headers, {}, internal=True) is None
        finally:
            del s3._buckets['bucket']

    def patch():
        def with_owner(method, bucket, key, headers, *rest, **named):
            owner, expected = s3._bucket_owner_account(bucket), headers.get('x-amz-expected-bucket-owner')
            if owner and expected and owner != expected:
                return s3._error('AccessDenied', 'Access Denied', 403, f'/{bucket}/{key}')
            return scope(method, bucket, key, headers, *rest, **named)
        s3._apply_bucket_scope = with_owner
    return is_there, patch


@gap('serves an API at ID.execute-api.REGION.amazonaws.com')
def api_address():
    def is_there():
        return not app._EXECUTE_API_RE.match('0123abcd.execute-api.eu-central-1.amazonaws.com')

    def patch():
        app._EXECUTE_API_RE = re.compile(
            r'^([a-f0-9]{8})\.execute-api\.(?:localhost|[a-z0-9-]+\.amazonaws\.com)(?::\d+)?$')
    return is_there, patch


@gap('authorizes a call about a query on the work group in which it was started')
def query_work_group():
    extract = actions.extract_resource_arn

    def is_there():
        athena._executions['q'] = {'WorkGroup': 'wg'}
        try:
            body = b'{"QueryExecutionId":"q"}'
            return actions.extract_resource_arn('athena', 'POST', '/', {}, body, {}, 'eu-central-1', '1') == '*'
        finally:
            del athena._executions['q']

    def patch():
        def with_queries(service, method, path, headers, body, *rest, **named):
            arn = extract(service, method, path, headers, body, *rest, **named)
            if service != 'athena' or arn != '*' or not body:
                return arn
            execution = athena._executions.get(json.loads(body).get('QueryExecutionId', ''))
            return athena._arn_workgroup(execution['WorkGroup']) if execution else arn
        actions.extract_resource_arn = with_queries
    return is_there, patch


@gap('puts ExecutionParameters, which are SQL literals, in the places of the question marks')
def parameters():
    start = athena._start_query_execution
    literal_or_mark = r"'(?:[^']|'')*'|\"[^\"]*\"|\?"

    def is_there():
        return "'a'" not in started({'QueryString': 'SELECT ?', 'ExecutionParameters': ["'a'"]})

    def started(data):
        queries = []
        execute = athena._execute_query

        async def keep(_, query, *rest):
            queries.append(query)

        async def run():
            place = {'OutputLocation': 's3://bucket/'}
            athena._start_query_execution({**data, 'ResultConfiguration': place})
            await asyncio.sleep(0)
        athena._execute_query = keep
        try:
            asyncio.run(run())
        finally:
            athena._execute_query = execute
            athena._executions.clear()
        return queries[0]

    def patch():
        def with_parameters(data):
            left = list(data.get('ExecutionParameters') or [])
            if left:
                sql = re.sub(literal_or_mark, lambda m: left.pop(0) if m[0] == '?' else m[0], data['QueryString'])
                data = {**data, 'QueryString': sql}
            return start(data)
        athena._start_query_execution = with_parameters
    return is_there, patch


@gap('reads a JSON table with the columns and types that Glue has, not with guessed ones')
def json_columns():
    relation = athena._table_relation
    types = {'string': 'VARCHAR', 'int': 'INTEGER', 'boolean': 'BOOLEAN', 'bigint': 'BIGINT'}
    table = {'StorageDescriptor': {'Columns': [{'Name': 'filed', 'Type': 'string'}], 'SerdeInfo': {
        'SerializationLibrary': 'org.apache.hive.hcatalog.data.JsonSerDe'}}, 'PartitionKeys': []}

    def is_there():
        return 'filed' not in athena._table_relation(table, ['a.json'])

    def patch():
        def with_columns(data, files):
            if athena._data_format(data) != 'json':
                return relation(data, files)
            columns = ', '.join(f"'{c['Name']}': '{types[c['Type']]}'" for c in data['StorageDescriptor']['Columns'])
            keys = ', '.join(f"'{c['Name']}': VARCHAR" for c in data['PartitionKeys'])
            return (f"read_json({athena._sql_list(files)}, format='newline_delimited', columns={{{columns}}}, "
                    f"hive_partitioning=true, hive_types={{{keys}}})")
        athena._table_relation = with_columns
    return is_there, patch


def run_query():
    """Runs a query; returns the keys and bodies that it writes to S3, and the events that it sends."""
    written, events = {}, []
    put, dispatch = s3._put_object, eventbridge._dispatch_event
    run = athena._run_duckdb

    async def answer(*_):
        return {'columns': ['a', 'b'], 'rows': [['x', None]], 'column_types': ['varchar', 'varchar']}
    athena._run_duckdb = answer
    s3._put_object = lambda bucket, key, body, *_: written.update({key: body})
    eventbridge._dispatch_event = lambda event, *_: events.append(event)
    athena._executions['q'] = {
        'QueryExecutionId': 'q', 'WorkGroup': 'wg', 'StatementType': 'DML', 'Statistics': {},
        'Status': {'State': 'QUEUED'}, 'ResultConfiguration': {'OutputLocation': 's3://bucket/folder/q.csv'}}
    try:
        asyncio.run(athena._execute_query('q', 'SELECT 1', 'default', None))
    finally:
        del athena._executions['q']
        s3._put_object, eventbridge._dispatch_event, athena._run_duckdb = put, dispatch, run
    return written, events


@gap('writes CSV with every value in quotes, NULL as an empty field without, and LF at the end of a line')
def quoted_csv():
    def cell(value):
        if value is None:
            return ''
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return '"' + text.replace('"', '""') + '"'

    def is_there():
        return b'"a","b"\n"x",\n' not in run_query()[0].values()

    def patch():
        def writer(out):
            def row(values):
                out.write(','.join(map(cell, values)) + '\n')
            return SimpleNamespace(writerow=row, writerows=lambda rows: [row(values) for values in rows])
        athena.csv = SimpleNamespace(writer=writer, reader=csv.reader)
    return is_there, patch


@gap('writes the output to OutputLocation, not to an object below it')
def output_location():
    save = athena._save_query_results

    def is_there():
        return 'folder/q.csv' not in run_query()[0]

    def patch():
        async def save_there(query_id):
            configuration = athena._executions[query_id]['ResultConfiguration']
            location = configuration['OutputLocation']
            configuration['OutputLocation'] = location.rsplit('/', 1)[0] + '/'
            try:
                await save(query_id)
            finally:
                configuration['OutputLocation'] = location
        athena._save_query_results = save_there
    return is_there, patch


@gap('sends the event "Athena Query State Change" when a query ends')
def query_ends():
    execute = athena._execute_query

    def is_there():
        return run_query()[1] == []

    def patch():
        async def execute_and_notify(query_id, *rest):
            await execute(query_id, *rest)
            execution = athena._executions[query_id]
            detail = {'versionId': '0', 'currentState': execution['Status']['State'], 'previousState': 'RUNNING',
                      'statementType': execution['StatementType'], 'queryExecutionId': query_id,
                      'workgroupName': execution['WorkGroup'], 'sequenceNumber': '3'}
            await asyncio.to_thread(eventbridge._dispatch_event, {
                'EventId': athena.new_uuid(), 'Source': 'aws.athena', 'DetailType': 'Athena Query State Change',
                'Detail': json.dumps(detail), 'EventBusName': 'default', 'Time': int(time.time()), 'Resources': [],
                'Account': athena.get_account_id(), 'Region': athena.get_region()})
        athena._execute_query = execute_and_notify
    return is_there, patch


@gap('refuses an authorizer if the issuer of its tokens has no discovery document')
def issuer_without_discovery():
    # Its message: https://github.com/haandol/cognito-kakao-example/issues/1
    handlers = provisioners._RESOURCE_HANDLERS['AWS::ApiGatewayV2::Authorizer']

    def is_there():
        nowhere = {'ApiId': 'a', 'JwtConfiguration': {'Issuer': 'https://127.0.0.1:1'}}
        try:
            handlers['create']('Tokens', nowhere, 's')
            return True
        except ValueError:
            return False
        finally:
            apigateway._authorizers.pop('a', None)

    def require_discovery(properties):
        issuer = properties['JwtConfiguration']['Issuer']
        url = f'{issuer.rstrip("/")}/.well-known/openid-configuration'
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                found = json.loads(answer.read())['issuer']
        except (OSError, ValueError, KeyError) as error:
            found = str(error)
        if found != issuer:
            raise ValueError(f'Invalid issuer: {issuer}. Issuer must have a valid discovery endpoint: {found}')

    def patch():
        def with_discovery(handle):
            def checked(*given):
                # The properties come before the name of the stack.
                require_discovery(given[-2])
                return handle(*given)
            return checked
        handlers.update({name: with_discovery(handlers[name]) for name in ('create', 'update')})
    return is_there, patch
