/**
 * The Audit Log page: one distribution of CloudFront that serves the built page from a private bucket, and the
 * customers' API below `/v1/`, so that both have one origin and there is no CORS. Who may see what is decided by the
 * API, as for any other client.
 */
import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import {
  AllowedMethods,
  type BehaviorOptions,
  CachePolicy,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  HttpVersion,
  OriginRequestPolicy,
  ResponseHeadersPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin, S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { BucketDeployment, CacheControl, Source } from 'aws-cdk-lib/aws-s3-deployment';
import { Construct } from 'constructs';
import { pageSecretHeader, viewerHeader } from '#domain/access/page-viewer.ts';
import { contentSecurityPolicy, permissionsPolicy } from '#domain/http/page-policy.ts';
import { acknowledge } from '#lib/function/acknowledge.ts';
import type { CustomersDoor } from '#lib/resources/http-apis.ts';
import { kept } from '#lib/resources/kept.ts';
import { uploaderRole } from '#lib/resources/uploader.ts';
import type { Settings } from './settings.ts';

export type WebProps = {
  settings: Settings;
  key: IKey;
  customers: CustomersDoor;
  /** What proves to the functions that a request came through this distribution. */
  pageSecret: string;
  /** The built page: `index.html`, and `assets/` with hashed names. */
  folder: string;
};

/** A path without a file's ending is the page's: it reads the rest of the URL itself. */
const toIndex = `function handler(event) {
  var request = event.request;
  if (!/\\.[a-z0-9]+$/.test(request.uri)) request.uri = '/index.html';
  return request;
}`;

/** Whatever the viewer sent under this name is replaced. */
const withViewer = `function handler(event) {
  event.request.headers['${viewerHeader}'] = { value: event.viewer.ip };
  return event.request;
}`;

export class Web extends Construct {
  readonly url: string;

  constructor(scope: Construct, id: string, { customers, pageSecret, ...page }: WebProps) {
    super(scope, id);
    const { pageDomain, pageCertificate, pageOrigins, pageScopes, pageClientId, jwtIssuer, scopeClaim } =
      page.settings;
    const bucket = pageBucket(this);
    const files = S3BucketOrigin.withOriginAccessControl(bucket);
    const { region, urlSuffix } = Stack.of(this);
    const api = new HttpOrigin(`${customers.api.apiId}.execute-api.${region}.${urlSuffix}`, {
      customHeaders: { [pageSecretHeader]: pageSecret },
      // Longer than the API takes at most.
      readTimeout: Duration.seconds(35),
    });
    const distribution = new Distribution(this, 'Distribution', {
      comment: `${Stack.of(this).stackName}: the Audit Log page`,
      ...(pageDomain === undefined
        ? {}
        : {
            domainNames: [pageDomain],
            minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
            certificate: Certificate.fromCertificateArn(this, 'Certificate', pageCertificate!),
          }),
      httpVersion: HttpVersion.HTTP2_AND_3,
      defaultBehavior: {
        ...secure,
        origin: files,
        // It keeps what the objects say: a year for hashed names, nothing for the page itself.
        cachePolicy: CachePolicy.CACHING_OPTIMIZED,
        allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
        responseHeadersPolicy: headersOf(this, [new URL(jwtIssuer!).origin, ...pageOrigins]),
        functionAssociations: [viewerRequest(this, 'ToIndex', toIndex)],
      },
      additionalBehaviors: {
        '/v1/*': {
          ...secure,
          origin: api,
          cachePolicy: CachePolicy.CACHING_DISABLED,
          // Authorization included; the host is that of the API, or API Gateway would not know it.
          originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
          allowedMethods: AllowedMethods.ALLOW_ALL,
          functionAssociations: [viewerRequest(this, 'WithViewer', withViewer)],
        },
      },
    });
    acknowledgeDistribution(distribution);
    upload(this, bucket, {
      ...page,
      configuration: {
        sign_in: 'openid',
        issuer: jwtIssuer,
        client_id: pageClientId,
        scopes: ['openid', ...pageScopes],
        scope_claim: scopeClaim,
      },
    });
    this.url = `https://${pageDomain ?? distribution.distributionDomainName}/`;
  }
}

const secure = {
  viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
} satisfies Partial<BehaviorOptions>;

const viewerRequest = (scope: Construct, id: string, code: string) => ({
  eventType: FunctionEventType.VIEWER_REQUEST,
  function: new EdgeFunction(scope, id, {
    code: FunctionCode.fromInline(code),
    runtime: FunctionRuntime.JS_2_0,
  }),
});

/** It holds the published page and nothing of a customer's. */
const pageBucket = (scope: Construct): Bucket => {
  const bucket = new Bucket(scope, 'Files', {
    enforceSSL: true,
    minimumTLSVersion: 1.2,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
    encryption: BucketEncryption.S3_MANAGED,
    removalPolicy: kept,
  });
  acknowledge(bucket, 'AwsSolutions-S1', 'It holds the published page, which everybody may have');
  return bucket;
};

const headersOf = (scope: Construct, connect: readonly string[]): ResponseHeadersPolicy =>
  new ResponseHeadersPolicy(scope, 'Headers', {
    securityHeadersBehavior: {
      contentSecurityPolicy: {
        contentSecurityPolicy: contentSecurityPolicy({ connect: [...new Set(connect)] }),
        override: true,
      },
      contentTypeOptions: { override: true },
      frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
      referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
      strictTransportSecurity: { accessControlMaxAge: Duration.days(365), override: true },
    },
    customHeadersBehavior: {
      customHeaders: [
        { header: 'Permissions-Policy', value: permissionsPolicy, override: true },
        { header: 'Cross-Origin-Opener-Policy', value: 'same-origin', override: true },
        { header: 'Cross-Origin-Resource-Policy', value: 'same-origin', override: true },
      ],
    },
  });

type Upload = Pick<WebProps, 'folder' | 'settings' | 'key'> & { configuration: object };

/**
 * Hashed files first, so that a page that is there finds what it names. Old ones stay: somebody who opened the page
 * before a deploy may load their next part after it.
 */
const upload = (scope: Construct, bucket: Bucket, { folder, settings, key, configuration }: Upload): void => {
  const logGroup = new LogGroup(scope, 'UploaderLog', {
    retention: settings.logDays as RetentionDays,
    encryptionKey: key,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = uploaderRole(scope, bucket, logGroup);
  const copied = { destinationBucket: bucket, prune: false, role, logGroup };
  const assets = new BucketDeployment(scope, 'Assets', {
    ...copied,
    sources: [Source.asset(folder, { exclude: ['*', '!assets', '!assets/**'] })],
    cacheControl: [CacheControl.fromString('public, max-age=31536000, immutable')],
  });
  const index = new BucketDeployment(scope, 'Index', {
    ...copied,
    sources: [
      Source.asset(folder, { exclude: ['*', '!index.html'] }),
      Source.jsonData('config.json', configuration),
    ],
    cacheControl: [CacheControl.noStore()],
  });
  index.node.addDependency(assets);
  const uploader = Stack.of(scope).node.children.find(({ node }) =>
    node.id.startsWith('Custom::CDKBucketDeployment'),
  );
  acknowledge(uploader!, 'AwsSolutions-L1', 'CDK chooses the runtime of its own function');
};

const acknowledgeDistribution = (distribution: Distribution): void => {
  for (const [rule, reason] of [
    ['AwsSolutions-CFR1', 'Where its customers are is known to the company alone'],
    [
      'AwsSolutions-CFR2',
      'The page is static, and the API behind it throttles and authenticates each request',
    ],
    [
      'AwsSolutions-CFR3',
      'A sign-in returns to the page with a code in its URL, which must be in no log; the API logs its own requests',
    ],
    [
      'AwsSolutions-CFR4',
      'Without pageDomain it has the certificate of CloudFront, whose protocols AWS decides',
    ],
  ] as const)
    acknowledge(distribution, rule, reason);
};
