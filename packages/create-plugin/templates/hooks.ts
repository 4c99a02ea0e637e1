/** The skeletons of all hooks; those that were chosen go into src/plugin.ts, each with the comment above it. */

import type { HookWrapper } from "@gmqtt/broker";

export const hooks: HookWrapper = {
  // A connection was opened, nothing has been read of it. Answer false to close it.
  onAccept: (next) => (connection) => {
    return next(connection);
  },

  // The broker stops; connections are closed, the store is still open.
  onStop: (next) => () => {
    return next();
  },

  // CONNECT with user name and password, or without. Refuse with: throw new MqttError(ReasonCode.NotAuthorized).
  onBasicAuth: (next) => (client, request) => {
    return next(client, request);
  },

  // CONNECT with an authentication method. Answer { continue: false } when it succeeded; leave other methods to next.
  onEnhancedAuth: (next) => (client, request) => {
    return next(client, request);
  },

  // A connected client authenticates again. Answer { continue: false } when it succeeded.
  onReAuth: (next) => (client, request) => {
    return next(client, request);
  },

  // The client is connected; not waited for.
  onConnected: (next) => (client) => {
    return next(client);
  },

  // The connection has opened a new session; not waited for.
  onSessionCreated: (next) => (client) => {
    return next(client);
  },

  // The connection has taken up a session that was there; not waited for.
  onSessionResumed: (next) => (client) => {
    return next(client);
  },

  // The session has ended, its subscriptions are gone; not waited for.
  onSessionTerminated: (next) => (clientId, reason) => {
    return next(clientId, reason);
  },

  // SUBSCRIBE, before anything is subscribed. request.reject(filter, error) refuses one filter, grantQoS lowers its QoS.
  onSubscribe: (next) => (client, request) => {
    return next(client, request);
  },

  // A subscription was made; not waited for.
  onSubscribed: (next) => (client, subscription) => {
    return next(client, subscription);
  },

  // UNSUBSCRIBE, before anything is taken away. request.reject(filter, error) keeps the subscription.
  onUnsubscribe: (next) => (client, request) => {
    return next(client, request);
  },

  // A subscription was taken away; not waited for.
  onUnsubscribed: (next) => (client, filter) => {
    return next(client, filter);
  },

  // A message, before it is retained and routed: change request.message, drop() it, or throw an MqttError. Once for every
  // message of every client: keep it short. The client is null when the broker or a plugin publishes.
  onMsgArrived: (next) => (client, request) => {
    return next(client, request);
  },

  // A message was written to a client; not waited for. Once for every delivery: keep it very short.
  onDelivered: (next) => (client, message) => {
    return next(client, message);
  },

  // A message did not reach a session that it was meant for; not waited for.
  onMsgDropped: (next) => (clientId, message, reason) => {
    return next(clientId, message, reason);
  },

  // A will is about to be published: change request.message, drop() it, or throw.
  onWillPublish: (next) => (clientId, request) => {
    return next(clientId, request);
  },

  // A will was published; not waited for.
  onWillPublished: (next) => (clientId, message) => {
    return next(clientId, message);
  },

  // The connection is gone; error says why, undefined after a normal DISCONNECT. Not waited for.
  onClosed: (next) => (client, error) => {
    return next(client, error);
  },
};
