import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
import { contentSecurityPolicy } from '#domain/http/page-policy.ts';
import { flat, type Statement, synthesize } from './synth.ts';

type Stack = Awaited<ReturnType<typeof synthesize>>;
const page = {
  jwtIssuer: 'https://login.example.com/realm',
  jwtAudience: 'annals,page',
  pageClientId: 'page',
  pageOrigins: 'https://tokens.example.com',
};

const pageFolder = join(import.meta.dirname, '../fixtures/page');

type Behavior = {
  PathPattern?: string;
  CachePolicyId: string;
  OriginRequestPolicyId?: string;
  ViewerProtocolPolicy: string;
  TargetOriginId: string;
  FunctionAssociations: { EventType: string; FunctionARN: { 'Fn::GetAtt': [string, string] } }[];
};
type Origin = {
  Id: string;
  DomainName: unknown;
  OriginCustomHeaders?: { HeaderName: string; HeaderValue: unknown }[];
};
type Distribution = {
  DefaultCacheBehavior: Behavior;
  CacheBehaviors: Behavior[];
  Origins: Origin[];
  CustomErrorResponses?: unknown;
  Logging?: unknown;
  Aliases?: string[];
  ViewerCertificate?: object;
};

let stack: Stack;
let distribution: Distribution;
beforeAll(async () => {
  stack = await synthesize(page, { pageFolder });
  distribution = stack.one('AWS::CloudFront::Distribution').Properties.DistributionConfig as Distribution;
});

/** Runs a viewer function of the distribution. */
const run = (
  behavior: Behavior,
  event: object,
): { uri: string; headers: Record<string, { value: string }> } => {
  const [id] = behavior.FunctionAssociations[0]!.FunctionARN['Fn::GetAtt'];
  const { FunctionCode } = stack.resources[id]!.Properties as { FunctionCode: string };
  return runInNewContext(`${FunctionCode}; handler(event)`, { event });
};

/** Beside that of deliveries. */
const pageSecrets = ({ ofType }: typeof stack) =>
  ofType('AWS::SecretsManager::Secret').filter(([id]) => id.includes('Page'));

describe('the page on AWS', () => {
  it('is there only if the settings name its client', async () => {
    const without = await synthesize({ jwtIssuer: page.jwtIssuer, jwtAudience: 'annals' });
    expect(without.ofType('AWS::CloudFront::Distribution')).toEqual([]);
    expect(pageSecrets(without)).toEqual([]);
    expect(stack.template.toJSON().Outputs.PageUrl).toBeDefined();
  });

  it('serves the API from the same origin, past every cache, with errors untouched', () => {
    const [api] = distribution.CacheBehaviors;
    expect(distribution.CacheBehaviors).toHaveLength(1);
    expect(api).toMatchObject({ PathPattern: '/v1/*', ViewerProtocolPolicy: 'redirect-to-https' });
    // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/using-managed-cache-policies.html
    expect(api!.CachePolicyId).toBe('4135ea2d-6df8-44a3-9df3-4b5a84be39ad');
    expect(api!.OriginRequestPolicyId).toBe('b689b0a8-53d0-40ab-baf2-68738e2966ac');
    const origin = distribution.Origins.find(({ Id }) => Id === api!.TargetOriginId)!;
    const { id } = stack.one('AWS::ApiGatewayV2::Api', 'Customers');
    expect(flat(origin.DomainName)).toBe(`<${id}>.execute-api.<AWS::Region>.<AWS::URLSuffix>`);
    expect(distribution.CustomErrorResponses).toBeUndefined();
  });

  it('keeps no log of what is asked, since a sign-in returns with a code in the URL', () => {
    expect(distribution.Logging).toBeUndefined();
  });

  it.each([
    ['/', '/index.html'],
    ['/signed-in', '/index.html'],
    ['/index.html', '/index.html'],
    ['/config.json', '/config.json'],
    ['/assets/main-0a1b2c.js', '/assets/main-0a1b2c.js'],
  ])('answers %s with %s', (uri, served) => {
    expect(run(distribution.DefaultCacheBehavior, { request: { uri } }).uri).toBe(served);
  });

  it('tells the API who looks, whatever the viewer says', () => {
    const headers = { 'x-annals-viewer': { value: '192.0.2.1' }, accept: { value: '*/*' } };
    const event = { request: { uri: '/v1/events/search', headers }, viewer: { ip: '198.51.100.7' } };
    expect(run(distribution.CacheBehaviors[0]!, event).headers).toEqual({
      'x-annals-viewer': { value: '198.51.100.7' },
      accept: { value: '*/*' },
    });
  });

  it('proves to the functions that a request came through it, and to nobody else', () => {
    const [[id]] = pageSecrets(stack) as [[string, unknown]];
    const secret = `{{resolve:secretsmanager:<${id}>:SecretString:::}}`;
    const sent = distribution.Origins.flatMap(({ OriginCustomHeaders = [] }) => OriginCustomHeaders);
    expect(sent.map(({ HeaderName, HeaderValue }) => [HeaderName, flat(HeaderValue)])).toEqual([
      ['x-annals-page-secret', secret],
    ]);
    const holders = stack.ofType('AWS::Lambda::Function').flatMap(([name, { Properties }]) => {
      const { Variables } = (Properties.Environment ?? {}) as { Variables?: Record<string, unknown> };
      const value = Variables?.ANNALS_PAGE_SECRET;
      return value === undefined ? [] : [[name.replace(/Function.*/, ''), flat(value)]];
    });
    expect(holders.sort()).toEqual([
      ['Browse', secret],
      ['Export', secret],
      ['Manage', secret],
    ]);
  });

  it('has the policy of the page, which lets it ask the issuer besides itself', () => {
    const { ResponseHeadersPolicyConfig } = stack.one('AWS::CloudFront::ResponseHeadersPolicy')
      .Properties as {
      ResponseHeadersPolicyConfig: {
        SecurityHeadersConfig: {
          ContentSecurityPolicy: { ContentSecurityPolicy: string; Override: boolean };
        };
      };
    };
    const connect = ['https://login.example.com', 'https://tokens.example.com'];
    expect(ResponseHeadersPolicyConfig.SecurityHeadersConfig.ContentSecurityPolicy).toEqual({
      ContentSecurityPolicy: contentSecurityPolicy({ connect }),
      Override: true,
    });
  });

  it('uploads hashed names first and for good, and the page itself never to be kept', () => {
    const uploads = stack.ofType('Custom::CDKBucketDeployment');
    const [assets, index] = ['WebAssets', 'WebIndex'].map(
      prefix => uploads.find(([id]) => id.startsWith(prefix))!,
    );
    const keeping = (upload: typeof assets) =>
      (upload![1].Properties as { SystemMetadata: { 'cache-control': string }; Prune: boolean })
        .SystemMetadata;
    expect(keeping(assets)).toEqual({ 'cache-control': 'public, max-age=31536000, immutable' });
    expect(keeping(index)).toEqual({ 'cache-control': 'no-store' });
    for (const [, { Properties }] of uploads) expect(Properties.Prune).toBe(false);
    expect(index![1].DependsOn).toContain(assets![0]);
  });

  it('keeps its files in a private bucket, which only its distribution reads', () => {
    const bucket = stack.one('AWS::S3::Bucket', 'WebFiles');
    expect(bucket.Properties.PublicAccessBlockConfiguration).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
    const { PolicyDocument } = stack.one('AWS::S3::BucketPolicy', 'WebFiles').Properties as {
      PolicyDocument: { Statement: Statement[] };
    };
    const allowed = PolicyDocument.Statement.filter(({ Effect }) => Effect === 'Allow');
    expect(allowed).toEqual([
      expect.objectContaining({
        Action: 's3:GetObject',
        Principal: { Service: 'cloudfront.amazonaws.com' },
        Condition: { StringEquals: { 'AWS:SourceArn': expect.anything() } },
      }),
    ]);
  });

  it('has a domain of the company, if it is given with its certificate', async () => {
    const pageCertificate = 'arn:aws:acm:us-east-1:111122223333:certificate/0a1b2c3d';
    const own = await synthesize(
      { ...page, pageDomain: 'audit.example.com', pageCertificate },
      { pageFolder },
    );
    const { Aliases, ViewerCertificate } = own.one('AWS::CloudFront::Distribution').Properties
      .DistributionConfig as Distribution;
    expect(Aliases).toEqual(['audit.example.com']);
    expect(ViewerCertificate).toMatchObject({
      AcmCertificateArn: pageCertificate,
      MinimumProtocolVersion: 'TLSv1.2_2021',
    });
    expect(own.template.toJSON().Outputs.PageUrl.Value).toBe('https://audit.example.com/');
  });
});
