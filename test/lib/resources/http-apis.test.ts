import { beforeAll, describe, expect, it } from 'vitest';
import { routes } from '#domain/http/routes.ts';
import { flat, type Statement, synthesize } from '#test/lib/synth.ts';

type Stack = Awaited<ReturnType<typeof synthesize>>;
/** The logical id of what a stage's function has. */
let stack: Stack;
let customers: Stack;
beforeAll(async () => {
  stack = await synthesize();
  customers = await synthesize({ jwtIssuer: 'https://login.example.com', jwtAudience: 'annals' });
});

describe('the doors', () => {
  type RouteProperties = { RouteKey: string; AuthorizationType: string; AuthorizerId?: unknown };
  const routesOf = ({ ofType }: Stack, door: string): [string, string][] =>
    ofType('AWS::ApiGatewayV2::Route')
      .filter(([id]) => id.startsWith(door))
      .map(
        ([, { Properties }]) =>
          [(Properties as RouteProperties).RouteKey, (Properties as RouteProperties).AuthorizationType] as [
            string,
            string,
          ],
      )
      .sort();
  const expected = (admits: readonly string[], type: string): [string, string][] =>
    routes
      .filter(({ function: name, access }) => name !== 'receive' && admits.includes(access))
      .map(({ key, access }) => [key, access === 'anyone' ? 'NONE' : type] as [string, string])
      .sort();

  it('let staff in under IAM, by every route but the emitters’', () => {
    expect(routesOf(stack, 'Staff')).toEqual(expected(['readers', 'operator', 'anyone'], 'AWS_IAM'));
  });

  it('let customers in by their tokens, to nothing of the operator’s, and only if an issuer is set', () => {
    expect(routesOf(stack, 'Customers')).toEqual([]);
    expect(stack.ofType('AWS::ApiGatewayV2::Api')).toHaveLength(1);
    expect(routesOf(customers, 'Customers')).toEqual(expected(['readers', 'anyone'], 'JWT'));
    expect(customers.one('AWS::ApiGatewayV2::Authorizer', 'Customers').Properties).toMatchObject({
      AuthorizerType: 'JWT',
      JwtConfiguration: { Issuer: 'https://login.example.com', Audience: ['annals'] },
      IdentitySource: ['$request.header.Authorization'],
    });
  });

  it('have for customers a domain of the company if one is set, which the page does not need', async () => {
    const own = await synthesize({
      jwtIssuer: 'https://login.example.com',
      jwtAudience: 'annals',
      apiDomain: 'audit-api.example.com',
      apiCertificate: 'arn:aws:acm:eu-west-1:123456789012:certificate/0123abcd',
    });
    const { id, Properties } = own.one('AWS::ApiGatewayV2::DomainName');
    expect(Properties).toMatchObject({
      DomainName: 'audit-api.example.com',
      DomainNameConfigurations: [
        {
          CertificateArn: 'arn:aws:acm:eu-west-1:123456789012:certificate/0123abcd',
          EndpointType: 'REGIONAL',
          SecurityPolicy: 'TLS_1_2',
        },
      ],
    });
    const api = own.ofType('AWS::ApiGatewayV2::Api').find(([name]) => name.startsWith('Customers'))!;
    expect(own.one('AWS::ApiGatewayV2::ApiMapping').Properties).toMatchObject({
      ApiId: { Ref: api[0] },
      DomainName: { Ref: id },
    });
    // The mapping is of the root: a path is the same below both names.
    expect(own.one('AWS::ApiGatewayV2::ApiMapping').Properties).not.toHaveProperty('ApiMappingKey');
    const { Outputs } = own.template.toJSON() as { Outputs: Record<string, { Value: unknown }> };
    expect(Outputs.CustomersUrl!.Value).toBe('https://audit-api.example.com/');
    expect(Outputs.CustomersTarget!.Value).toEqual({ 'Fn::GetAtt': [id, 'RegionalDomainName'] });
    expect(customers.ofType('AWS::ApiGatewayV2::DomainName')).toEqual([]);
  });

  it('stand before the same functions', () => {
    const targets = (door: string) =>
      new Set(
        customers
          .ofType('AWS::ApiGatewayV2::Integration')
          .filter(([id]) => id.startsWith(door))
          .map(([, { Properties }]) => flat(Properties.IntegrationUri)),
      );
    for (const target of targets('Customers')) expect(targets('Staff')).toContain(target);
    expect(targets('Customers').size).toBe(4);
  });

  it('are throttled, and log who came', () => {
    for (const [id, { Properties }] of customers.ofType('AWS::ApiGatewayV2::Stage')) {
      expect(Properties, id).toMatchObject({
        DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
      });
      expect(Properties.AccessLogSettings, id).toBeDefined();
    }
  });

  it('log to groups to which API Gateway may deliver without room in the policy of the account', () => {
    const groups = customers.ofType('AWS::Logs::LogGroup').filter(([id]) => id.includes('AccessLog'));
    expect(groups.map(([, { Properties }]) => Properties.LogGroupName).sort()).toEqual([
      '/aws/vendedlogs/annals/Annals-customers',
      '/aws/vendedlogs/annals/Annals-staff',
    ]);
  });

  it('come with policies that let `--stack` read the outputs of this stack', () => {
    for (const name of ['Staff', 'ReceiveEmitters', 'Contract']) {
      const { PolicyDocument } = stack.one('AWS::IAM::ManagedPolicy', name).Properties as {
        PolicyDocument: { Statement: Statement[] };
      };
      const reading = PolicyDocument.Statement.find(
        ({ Action }) => Action === 'cloudformation:DescribeStacks',
      );
      expect(flat(reading?.Resource), name).toContain(':stack/Annals/*');
    }
  });
});
