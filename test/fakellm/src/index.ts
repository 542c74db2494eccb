export { answerOf, type JsonSchema, smallestAnswer } from './answers.js';
export { FakeServer, type FakeServerOptions, type Fault, type PlainReply, type ReceivedCall } from './fakeServer.js';
export { onePixelPng } from './onePixel.js';
export { startServerThread } from './serverThread.js';
