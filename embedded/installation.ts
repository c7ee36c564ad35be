/**
 * The whole pipeline in one process on one data directory: the handlers that Lambda runs, with stand-ins for
 * the SDK's clients. This file connects what the CDK stack connects on AWS, in the order that data flows.
 */
import { rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { AthenaClient } from '@aws-sdk/client-athena';
import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { S3Client } from '@aws-sdk/client-s3';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { readEnvironment } from '#aws/environment.ts';
import { openBucket } from '#aws/objects.ts';
import { openAside, openState } from '#aws/open.ts';
import { Moves } from '#aws/state/moves.ts';
import { RefusedBudget } from '#aws/state/refused-budget.ts';
import { chooseCatalogue } from '#catalogue/choice.ts';
import { Catalogue } from '#domain/catalogue/catalogue.ts';
import { ocsfTableOf } from '#domain/deliver/ocsf.ts';
import { type HttpFunction, routes } from '#domain/http/routes.ts';
import { verifyToken } from '#embedded/access/customer-tokens.ts';
import type { Keys } from '#embedded/access/keys.ts';
import { RateLimits } from '#embedded/access/rate-limits.ts';
import { openSecrets } from '#embedded/access/secrets.ts';
import { account } from '#embedded/account.ts';
import { Gateway } from '#embedded/http/gateway.ts';
import type { GatewayEvent, GatewayRoute } from '#embedded/http/gateway-route.ts';
import { meteredReceive } from '#embedded/http/metered-receive.ts';
import { openPage } from '#embedded/http/page.ts';
import { EmbeddedAthena } from '#embedded/query/athena.ts';
import { Checkpoints } from '#embedded/stream/checkpoints.ts';
import { EventSource } from '#embedded/stream/event-source.ts';
import { DemandingWatermarks, Gathering } from '#embedded/stream/gathering.ts';
import { EmbeddedKinesis } from '#embedded/stream/kinesis.ts';
import { reportLostRecords } from '#embedded/stream/lost-records.ts';
import { archive, openArchive } from '#functions/archive.ts';
import { browse, openBrowse } from '#functions/browse.ts';
import { describe, openDescribe } from '#functions/describe.ts';
import { exportApi, openExportApi } from '#functions/export.ts';
import { finish } from '#functions/finish.ts';
import type { Answer } from '#functions/http/answer.ts';
import { manage, openManage } from '#functions/manage.ts';
import { openReceive } from '#functions/receive.ts';
import { log as defaultLog, errorFacts, inContext, withLogContext } from '#functions/runtime/log.ts';
import { advanceActiveExports, createTickWorld, tick } from '#functions/tick.ts';
import { backgroundWork } from './background.ts';
import { Closers } from './closers.ts';
import { defaultCompactMs, startCompaction } from './compaction/compaction.ts';
import { asDataDirectoryError, type DataDirectory, holdDataDirectory } from './data-directory.ts';
import { gatherEveryMsOf, startDeliveries } from './deliver/deliveries.ts';
import { hasReserve } from './disk-reserve.ts';
import { writeDurably } from './files.ts';
import { Collected } from './metrics/collected.ts';
import { observe } from './metrics/observe.ts';
import { refuseHalfFilled, refuseMoved } from './moved.ts';
import { noReceiver, notifierOf, startDelivery, tellerOf } from './notices.ts';
import { openStorage } from './open-storage.ts';
import {
  defaultWindowSeconds,
  environmentOf,
  type InstallationOptions,
  names,
  plainPackBytes,
} from './options.ts';
import { startUpkeep } from './upkeep.ts';
import { webhookSender } from './webhook.ts';

export type { InstallationOptions } from './options.ts';

export type Installation = {
  url: string;
  data: DataDirectory;
  keys: Keys;
  catalogue: Catalogue;
  stop(): Promise<void>;
};

/**
 * Starts an installation; once this resolves, its URL answers. Throws `DataDirectoryError` if another process
 * has the data.
 */
export const startInstallation = async (options: InstallationOptions): Promise<Installation> => {
  const log = options.log ? inContext(options.log) : defaultLog;
  const data = await holdDataDirectory(options.data);
  // Closed also if a later step fails.
  const closers = new Closers();
  closers.push(() => data.release());
  try {
    await refuseMoved(data.root);
    const { keys, tokenKey } = await openSecrets(data, log);
    const environment = readEnvironment('export', environmentOf(options));
    const receiving = readEnvironment('receive', environmentOf(options));
    const archiving = readEnvironment('archive', environmentOf(options));
    const catalogue = new Catalogue((await chooseCatalogue(options)).actions);
    const managing = readEnvironment('manage', environmentOf(options));
    const background = backgroundWork(log);
    const collected = new Collected(() => performance.now());

    const storage = await openStorage({
      data,
      buckets: archiving.ANNALS_BUCKETS,
      log,
      folding: options.folding,
    });
    const { s3 } = storage;
    const held = openBucket(s3 as unknown as Pick<S3Client, 'send'>, names.state);
    await refuseHalfFilled(data.root, new Moves(held));
    const kinesis = await EmbeddedKinesis.open(data.stream, data.temporary, {
      streamName: names.stream,
      shards: 2,
      log,
      ...options.stream,
    });
    closers.push(() => kinesis.close());
    const athena = await EmbeddedAthena.open({
      s3,
      ledger: names.ledger,
      views: names.views,
      directory: data.athena,
      temporary: data.temporary,
      memoryLimit: options.memoryLimit ?? '1GiB',
      threads: availableParallelism(),
      onStateChange: event => background.run('finish', () => finish(apiWorld.exports)(event)),
      log,
      ...options.athena,
    });
    closers.push(() => athena.close());
    closers.push(() => background.end());
    const clients = {
      kinesis: kinesis as unknown as Pick<KinesisClient, 'send'>,
      s3: s3 as unknown as Pick<S3Client, 'send'>,
      athena: athena as unknown as Pick<AthenaClient, 'send'>,
    };

    const archiveWorld = { ...(await openArchive(archiving, clients, collected.count)), log };
    const apiWorld = openExportApi(environment, clients, {
      mintLink: key => gateway.mintLink(key),
      send: options.webhook ? webhookSender({ ...options.webhook, nowMs: Date.now }) : noReceiver,
      log,
      metrics: collected.count,
    });
    const notices = { ...apiWorld.exports.delivery!, log };
    const delivery = startDelivery(notices, work => background.onceAtATime('delivery', work));
    closers.push(() => delivery.stop());
    // One process finishes every export, and knows what it is doing: it leaves nothing to another.
    Object.assign(apiWorld.exports, {
      log,
      notify: notifierOf(notices),
      afterEnd: async () => delivery.wake(),
      delivery: undefined,
      leaveToFinishMs: 0,
      finishLeaseMs: 0,
      ...(options.maxSliceBytes === undefined ? {} : { maxSliceBytes: options.maxSliceBytes }),
    });
    const { watermarks } = apiWorld.exports;
    await reportLostRecords({
      kinesis,
      checkpoints: new Checkpoints(data.checkpoints, data.temporary, () => undefined),
      watermarks,
      aside: archiveWorld.aside,
      buckets: archiveWorld.buckets,
      endedElsewhere: await new Moves(apiWorld.exports.state).endedStreams(),
      nowMs: Date.now,
      log,
    });
    const looked = background.run('the look at the ledger', () => storage.lookForLost(watermarks));
    athena.holdUntil(looked);
    closers.push(storage.startFolding(background, looked));
    const windowMs = options.eventSource?.windowMs ?? (options.windowSeconds ?? defaultWindowSeconds) * 1000;
    const eventSource = new EventSource({
      stream: kinesis,
      directory: data.checkpoints,
      temporary: data.temporary,
      invoke: batch => withLogContext({ function: 'archive' }, () => archive(archiveWorld)(batch)),
      putFailure: (key, body) => s3.send(new PutObjectCommand({ Bucket: names.aside, Key: key, Body: body })),
      // The watermark has moved: an export may have waited for that.
      onSuccess: () => {
        advanceExports();
        deliveries.wake();
      },
      filedUntil: async shard => BigInt((await watermarks.get(kinesis.id, shard)).watermark.sequence),
      batchSize: 10_000,
      windowMs,
      // Less than Lambda's 6 MB: this process holds a batch and its text besides everything else.
      maxPayloadBytes: 2_000_000,
      maxRecordAgeMs: 6 * 24 * 3_600_000,
      maxPauseMs: 10_000,
      nowMs: Date.now,
      log,
      ...options.eventSource,
    });
    const gathering = new Gathering({ stream: kinesis, eventSource, buckets: archiveWorld.buckets });
    Object.assign(apiWorld.exports, {
      watermarks: new DemandingWatermarks(apiWorld.exports.state, positions => gathering.demand(positions)),
    });
    const tickWorld = createTickWorld(apiWorld.exports, '', undefined, {
      aside: openAside(clients.s3, archiving),
      days: readEnvironment('tick', environmentOf(options)).ANNALS_REFUSED_DAYS,
    });

    const advanceExports = background.onceAtATime('advance-exports', () =>
      advanceActiveExports(apiWorld.exports, false),
    );
    const browsing = openBrowse(readEnvironment('browse', environmentOf(options)), clients, catalogue, {
      log,
      metrics: collected.count,
    });
    const deliveries = await startDeliveries({
      configuration: environment,
      s3: clients.s3,
      data,
      browse: browsing,
      selfAudit: apiWorld.exports.selfAudit,
      adminDirectory: apiWorld.adminDirectory,
      stallSeconds: environment.ANNALS_STALL_SECONDS,
      metrics: collected.count,
      ocsf: ocsfTableOf(catalogue.actions),
      tell: tellerOf(notices, delivery.wake),
      allowed: options.deliveryTargets,
      gather: gathering.gather,
      gatherEveryMs: gatherEveryMsOf(windowMs),
      run: background.run,
    });
    closers.push(() => deliveries.stop());
    eventSource.start();
    closers.push(() => eventSource.stop());

    const { tickMs = 60_000 } = options;
    closers.push(startUpkeep(background, data.buckets, tickWorld, tickMs));
    const runTick = background.onceAtATime('tick', tick({ ...tickWorld, metrics: collected.of('tick') }));
    const timer = setInterval(() => {
      runTick();
      deliveries.wake();
    }, tickMs);
    closers.push(() => clearInterval(timer));
    runTick();
    deliveries.wake();
    const compaction = startCompaction({
      configuration: readEnvironment('compact', environmentOf(options)),
      s3: clients.s3,
      everyMs: options.compactMs,
      metrics: collected.of('compact'),
      log,
      onceAtATime: background.onceAtATime,
    });
    closers.push(() => compaction.stop());

    const budget = new RefusedBudget({
      state: openState(clients.s3, receiving),
      maxBytes: receiving.ANNALS_REFUSED_BYTES,
      hasReserve: () => hasReserve(data.buckets),
      nowMs: Date.now,
    });
    const receiveWorld = {
      ...openReceive(receiving, clients, catalogue),
      budget,
      metrics: collected.count,
      log,
      plainPackBytes,
    };
    if (options.strictPayloads) receiveWorld.strictness.isPayloadStrict = true;
    const rateLimits = new RateLimits(options.rateLimit);
    const receiveEvents = meteredReceive(receiveWorld, rateLimits);
    const page = openPage(options, {
      root: data.root,
      tokenKey,
      adminDirectory: apiWorld.adminDirectory,
      selfAudit: apiWorld.exports.selfAudit,
      log,
    });
    const observed = observe({
      described: {
        ...openDescribe(readEnvironment('describe', environmentOf(options)), clients.s3, catalogue),
        publicUrl: options.front?.publicUrl,
      },
      measured: apiWorld.exports,
      local: { kinesis, eventSource, keys, temporary: data.temporary },
      collected,
      rhythms: { tick: tickMs, compact: options.compactMs ?? defaultCompactMs },
      log,
    });
    const gateway = new Gateway({
      ...page,
      keys,
      rateLimits,
      claimsOf: token => verifyToken(tokenKey, token),
      routes: [
        ...page.routes,
        observed.route,
        ...routesOf({
          receive: event => receiveEvents(event, invocationOf('receive', event)),
          browse: browse({
            ...browsing,
            selfAudit: apiWorld.exports.selfAudit,
            gather: gathering.gather,
          }),
          export: exportApi(apiWorld),
          manage: manage({
            ...openManage(managing, clients, catalogue),
            ...deliveries.managing,
            // Shared with tick: what both find to be recorded is recorded once.
            selfAudit: apiWorld.exports.selfAudit,
            admins: tickWorld.admins,
            strictness: receiveWorld.strictness,
            log,
            deliver: delivery.wake,
          }),
          describe: describe(observed.describeWorld),
        }),
      ],
      s3,
      results: names.results,
      log,
      front: options.front,
      limits: options.gateway,
    });
    const url = await gateway.listen(options.host ?? '127.0.0.1', options.port ?? 0);
    closers.push(() => gateway.stop());
    const building = new AbortController();
    closers.push(() => building.abort());
    if (page.page) background.run('the build of the page', () => page.page!.open(building.signal));
    const served = { url, pid: process.pid, public_url: options.front?.publicUrl };
    await writeDurably(data.temporary, data.server, `${JSON.stringify(served)}\n`);
    closers.push(() => rm(data.server, { force: true }));
    gateway.isReady = true;
    return { url, data, keys: keys.roles, catalogue, stop: () => closers.close() };
  } catch (error) {
    await closers
      .close()
      .catch(failure => log('error', 'A start that failed left something open', errorFacts(failure)));
    throw asDataDirectoryError(error);
  }
};

const invocationOf = (name: string, { requestContext }: GatewayEvent) => ({
  invokedFunctionArn: `arn:aws:lambda:local:${account}:function:${name}`,
  awsRequestId: requestContext.requestId,
});

const routesOf = (handlers: Record<HttpFunction, (event: GatewayEvent) => Promise<Answer>>): GatewayRoute[] =>
  routes.map(({ key, access, function: name }) => ({
    key,
    access: access === 'readers' ? 'any role' : access,
    function: name,
    handle: handlers[name],
  }));
