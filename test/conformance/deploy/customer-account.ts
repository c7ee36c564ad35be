/**
 * Accounts of customers beside that of the installation, each with buckets and roles of its own. In ministack the
 * root user of an account has its id as the access key.
 */
import { appendFile } from 'node:fs/promises';
import { account, type Emulator, region } from './emulator.ts';
import { must, openShell, profileText } from './installation.ts';

export type CustomerAccount = {
  makeBucket(name: string, policy?: object): Promise<void>;
  /** Makes a role with these rights that everybody in the account of the installation may assume. */
  makeRole(name: string, rights: object): Promise<void>;
  trust(name: string, policy: object): Promise<void>;
  keys(bucket: string): Promise<string[]>;
  /** The bytes of an object. */
  read(bucket: string, key: string): Promise<Buffer>;
};

/** The trust policy of a role that asks for no external id. */
const openTrust = {
  Version: '2012-10-17',
  Statement: [
    { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: 'sts:AssumeRole' },
  ],
};

export const openAccount = async (emulator: Emulator, id: string): Promise<CustomerAccount> => {
  const profile = `root-of-${id}`;
  await appendFile(emulator.environment.AWS_SHARED_CREDENTIALS_FILE!, profileText(profile, id, 'test'));
  const aws = async (command: string): Promise<string> =>
    (await must(openShell(emulator)(`aws ${command}`, '', profile))).out;
  const given = (document: object): string => `'${JSON.stringify(document)}'`;
  return {
    async makeBucket(name, policy) {
      const place = `--create-bucket-configuration LocationConstraint=${region}`;
      await aws(`s3api create-bucket --bucket ${name} ${place}`);
      if (policy) await aws(`s3api put-bucket-policy --bucket ${name} --policy ${given(policy)}`);
    },
    async makeRole(name, rights) {
      await aws(`iam create-role --role-name ${name} --assume-role-policy-document ${given(openTrust)}`);
      const document = given({ Version: '2012-10-17', ...rights });
      await aws(`iam put-role-policy --role-name ${name} --policy-name Own --policy-document ${document}`);
    },
    async trust(name, policy) {
      await aws(`iam update-assume-role-policy --role-name ${name} --policy-document ${given(policy)}`);
    },
    async keys(bucket) {
      const out = await aws(`s3api list-objects-v2 --bucket ${bucket} --output json`);
      const { Contents = [] } = JSON.parse(out || '{}') as { Contents?: { Key: string }[] };
      return Contents.map(({ Key }) => Key);
    },
    async read(bucket, key) {
      return Buffer.from(await aws(`s3 cp s3://${bucket}/${key} - | base64`), 'base64');
    },
  };
};
