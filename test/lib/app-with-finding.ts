/** The app with a queue in it that nobody looks after: what cdk-nag says of that has to end the command. */
import { App, Validations } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { AnnalsStack } from '#lib/stack.ts';

const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
const stack = new AnnalsStack(app, 'Annals');
new Queue(stack, 'Forgotten');
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
