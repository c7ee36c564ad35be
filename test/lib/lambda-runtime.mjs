// What Lambda's runtime is to a bundle, in a process of its own: its environment, and one invocation after another.
const { handler } = await import(process.argv[2]);
process.on('message', async ({ id, event, context }) => {
  try {
    process.send({
      id,
      result: await handler(event, { ...context, getRemainingTimeInMillis: () => 900_000 }),
    });
  } catch (error) {
    process.send({ id, error: { name: error.name, message: error.message } });
  }
});
process.send({ id: 'ready' });
