/** Comments of the .proto files by full name. Made by scripts/comments.mjs. */
export const comments: Readonly<Record<string, string>> = {
  "gmqtt.admin.api.BanService":
    "Who may not connect.",
  "gmqtt.admin.api.BanService.List":
    "Lists the bans in force, page by page.",
  "gmqtt.admin.api.BanService.Create":
    "Bans a client, user or address, and disconnects those it concerns. A ban of the same is replaced.",
  "gmqtt.admin.api.BanService.Delete":
    "Lifts a ban.",
  "gmqtt.admin.api.BanKind":
    "What a ban goes by.",
  "gmqtt.admin.api.BanKind.BAN_KIND_ADDRESS":
    "An IP address, or a network such as 192.0.2.0/24.",
  "gmqtt.admin.api.ListBanRequest.page_size":
    "Bans on a page; 0: 20. A larger number than the configured limit is taken as the limit.",
  "gmqtt.admin.api.ListBanRequest.page":
    "Page, from 1; 0: the first.",
  "gmqtt.admin.api.ListBanResponse.total_count":
    "Bans in all.",
  "gmqtt.admin.api.CreateBanRequest.value":
    "Client identifier, user name, address or network.",
  "gmqtt.admin.api.CreateBanRequest.reason":
    "For people; clients are not told.",
  "gmqtt.admin.api.CreateBanRequest.duration":
    "Seconds that it lasts; 0: until it is lifted.",
  "gmqtt.admin.api.CreateBanResponse.disconnected":
    "How many connections were closed.",
  "gmqtt.admin.api.Ban":
    "A ban.",
  "gmqtt.admin.api.Ban.created_by":
    "Who made it.",
  "gmqtt.admin.api.Ban.expires_at":
    "Absent: until it is lifted.",
  "gmqtt.admin.api.ClientService":
    "The clients that the broker has a session of, connected or not.",
  "gmqtt.admin.api.ClientService.List":
    "Lists the clients, page by page.",
  "gmqtt.admin.api.ClientService.Get":
    "Shows one client.",
  "gmqtt.admin.api.ClientService.Delete":
    "Disconnects a client, and ends its session if asked to.",
  "gmqtt.admin.api.ClientService.Kick":
    "Disconnects a client and tells it why (5.0 clients); its will is published.",
  "gmqtt.admin.api.ListClientRequest.page_size":
    "Clients on a page; 0: 20. A larger number than the configured limit is taken as the limit.",
  "gmqtt.admin.api.ListClientRequest.page":
    "Page, from 1; 0: the first.",
  "gmqtt.admin.api.ListClientResponse.total_count":
    "Clients in all.",
  "gmqtt.admin.api.GetClientRequest.client_id":
    "Client identifier.",
  "gmqtt.admin.api.DeleteClientRequest.client_id":
    "Client identifier.",
  "gmqtt.admin.api.DeleteClientRequest.clean_session":
    "Whether the session ends too.",
  "gmqtt.admin.api.KickClientRequest.client_id":
    "Client identifier.",
  "gmqtt.admin.api.KickClientRequest.reason_code":
    "Reason code of the DISCONNECT, 128 to 255; 0: 152 (administrative action).",
  "gmqtt.admin.api.KickClientRequest.reason":
    "Reason string of the DISCONNECT.",
  "gmqtt.admin.api.KickClientRequest.clean_session":
    "Whether the session ends too.",
  "gmqtt.admin.api.Client":
    "A client and its session.",
  "gmqtt.admin.api.Client.username":
    "As it authenticated; empty: without.",
  "gmqtt.admin.api.Client.keep_alive":
    "Keep alive in seconds.",
  "gmqtt.admin.api.Client.version":
    "Protocol version: 3 (3.1), 4 (3.1.1) or 5.",
  "gmqtt.admin.api.Client.remote_addr":
    "Address of the client; empty while it is away.",
  "gmqtt.admin.api.Client.local_addr":
    "Address of the broker that it came to; empty while it is away.",
  "gmqtt.admin.api.Client.disconnected_at":
    "Absent while connected.",
  "gmqtt.admin.api.Client.session_expiry":
    "Session expiry interval in seconds; 4294967295: never.",
  "gmqtt.admin.api.Client.max_inflight":
    "Messages of QoS 1 and 2 that may be on their way to it.",
  "gmqtt.admin.api.Client.inflight_len":
    "Messages of QoS 1 and 2 that are on their way to it.",
  "gmqtt.admin.api.Client.max_queue":
    "Messages that may wait for it.",
  "gmqtt.admin.api.Client.queue_len":
    "Messages that wait for it.",
  "gmqtt.admin.api.Client.subscriptions_current":
    "Subscriptions now.",
  "gmqtt.admin.api.Client.subscriptions_total":
    "Subscriptions ever made.",
  "gmqtt.admin.api.Client.packets_received_bytes":
    "Bytes received on this connection.",
  "gmqtt.admin.api.Client.packets_received_nums":
    "Packets received on this connection.",
  "gmqtt.admin.api.Client.packets_send_bytes":
    "Bytes sent on this connection.",
  "gmqtt.admin.api.Client.packets_send_nums":
    "Packets sent on this connection.",
  "gmqtt.admin.api.Client.message_dropped":
    "Messages that were meant for it and were dropped, on this connection.",
  "gmqtt.admin.api.ExplainService":
    "Answers why: which rule decides, and who would get a message. Nothing is sent, and nothing changes.",
  "gmqtt.admin.api.ExplainService.Explain":
    "Explains what would become of a CONNECT, SUBSCRIBE or PUBLISH.",
  "gmqtt.admin.api.Action":
    "What a client does.",
  "gmqtt.admin.api.Decision":
    "How something is decided.",
  "gmqtt.admin.api.Decision.DECISION_UNKNOWN":
    "Whoever decides does not explain itself.",
  "gmqtt.admin.api.ExplainRequest.client_id":
    "Client identifier. Of a client that is connected what is left out below is taken from its connection.",
  "gmqtt.admin.api.ExplainRequest.remote_addr":
    "IP address of the client.",
  "gmqtt.admin.api.ExplainRequest.topic_name":
    "Topic name, or filter for SUBSCRIBE.",
  "gmqtt.admin.api.ExplainRequest.qos":
    "QoS asked for.",
  "gmqtt.admin.api.ExplainRequest.retained":
    "RETAIN flag of a PUBLISH.",
  "gmqtt.admin.api.ExplainResponse.decision":
    "DENY if any step says so; UNKNOWN if some step does and none denies.",
  "gmqtt.admin.api.ExplainResponse.reason_code":
    "Reason code of the refusal; 0: none.",
  "gmqtt.admin.api.ExplainResponse.qos":
    "QoS that would be granted or taken.",
  "gmqtt.admin.api.ExplainResponse.steps":
    "Every rule and hook in the order in which it decides; those after a refusal are not asked.",
  "gmqtt.admin.api.ExplainResponse.receivers":
    "Of a PUBLISH: who would get the message. Stops at the page size limit.",
  "gmqtt.admin.api.ExplainResponse.receiver_count":
    "Receivers in all.",
  "gmqtt.admin.api.ExplainStep":
    "One rule or hook.",
  "gmqtt.admin.api.ExplainStep.by":
    "\"broker\" or the name of a plugin.",
  "gmqtt.admin.api.ExplainStep.hook":
    "The hook that decides there, for example onSubscribe; empty: a check of the broker itself.",
  "gmqtt.admin.api.ExplainStep.rule":
    "The rule in words.",
  "gmqtt.admin.api.ExplainStep.reason_code":
    "Reason code of a refusal; 0: none.",
  "gmqtt.admin.api.Receiver":
    "A session that would get the message, or would not and why.",
  "gmqtt.admin.api.Receiver.filters":
    "The subscriptions that match; all of them make one copy unless the delivery mode is overlap.",
  "gmqtt.admin.api.Receiver.granted_qos":
    "QoS granted to the subscription, the highest of several.",
  "gmqtt.admin.api.Receiver.qos":
    "QoS it would be delivered with.",
  "gmqtt.admin.api.Receiver.retained":
    "RETAIN flag it would be delivered with.",
  "gmqtt.admin.api.Receiver.shared_filter":
    "The shared subscription it would be picked for; empty: its own subscription.",
  "gmqtt.admin.api.Receiver.delivered":
    "Whether it gets the message.",
  "gmqtt.admin.api.Receiver.why":
    "Why, in words.",
  "gmqtt.admin.api.PublishService":
    "Publishes as the broker itself.",
  "gmqtt.admin.api.PublishService.Publish":
    "Publishes a message; plugins see it, it is retained if asked to, and it is safe in the store when this answers.",
  "gmqtt.admin.api.PublishRequest.topic_name":
    "Topic name.",
  "gmqtt.admin.api.PublishRequest.qos":
    "0, 1 or 2.",
  "gmqtt.admin.api.PublishRequest.retained":
    "Whether the message is retained; with an empty payload the retained message is removed.",
  "gmqtt.admin.api.PublishRequest.message_expiry":
    "Message expiry interval in seconds; 0: none.",
  "gmqtt.admin.api.PublishRequest.payload_format":
    "Payload format indicator: 1 says that the payload is text.",
  "gmqtt.admin.api.UserProperties":
    "A user property.",
  "gmqtt.admin.api.RetainedService":
    "The last retained message of each topic.",
  "gmqtt.admin.api.RetainedService.List":
    "Lists retained messages, without their payloads.",
  "gmqtt.admin.api.RetainedService.Get":
    "Shows the retained message of a topic.",
  "gmqtt.admin.api.RetainedService.Delete":
    "Removes the retained message of a topic; nobody is told.",
  "gmqtt.admin.api.ListRetainedRequest.filter":
    "Topic filter; empty: all, those below $ too.",
  "gmqtt.admin.api.ListRetainedRequest.page_size":
    "Messages on a page; 0: 20. A larger number than the configured limit is taken as the limit.",
  "gmqtt.admin.api.ListRetainedRequest.page":
    "Page, from 1; 0: the first.",
  "gmqtt.admin.api.ListRetainedResponse.total_count":
    "Messages that the filter matches.",
  "gmqtt.admin.api.GetRetainedRequest.topic_name":
    "Topic name.",
  "gmqtt.admin.api.DeleteRetainedRequest.topic_name":
    "Topic name.",
  "gmqtt.admin.api.RetainedMessage":
    "A retained message.",
  "gmqtt.admin.api.RetainedMessage.payload":
    "Empty in lists.",
  "gmqtt.admin.api.RetainedMessage.payload_length":
    "Bytes.",
  "gmqtt.admin.api.RetainedMessage.publisher":
    "Client identifier of the publisher; empty: the broker itself.",
  "gmqtt.admin.api.RetainedMessage.expires_at":
    "Absent without message expiry interval.",
  "gmqtt.admin.api.RetainedMessage.payload_format":
    "Payload format indicator: 1 says that the payload is text.",
  "gmqtt.admin.api.ServerService":
    "The broker itself.",
  "gmqtt.admin.api.ServerService.GetInfo":
    "Shows version, state and numbers.",
  "gmqtt.admin.api.ServerService.GetConfig":
    "Shows the configuration in force, as it would stand in a file, without secrets.",
  "gmqtt.admin.api.ServerService.GetLogLevel":
    "Shows the level of the log.",
  "gmqtt.admin.api.ServerService.SetLogLevel":
    "Changes the level of the log until the next reload or restart.",
  "gmqtt.admin.api.GetInfoResponse.version":
    "Version of the broker.",
  "gmqtt.admin.api.GetInfoResponse.node_version":
    "Version of Node.js.",
  "gmqtt.admin.api.GetInfoResponse.reason":
    "\"ok\", or why it is not ready.",
  "gmqtt.admin.api.GetInfoResponse.plugins":
    "In the order of their hooks, the outermost first.",
  "gmqtt.admin.api.GetInfoResponse.sessions":
    "Sessions, connected or not.",
  "gmqtt.admin.api.GetInfoResponse.clients":
    "Connected clients.",
  "gmqtt.admin.api.GetInfoResponse.retained_bytes":
    "Topics and payloads of the retained messages.",
  "gmqtt.admin.api.GetInfoResponse.queued_messages":
    "Messages in the queues of all sessions.",
  "gmqtt.admin.api.GetInfoResponse.inflight_messages":
    "Messages of QoS 1 and 2 without acknowledgement, of all sessions.",
  "gmqtt.admin.api.GetInfoResponse.memory_bytes":
    "Memory of the process in bytes.",
  "gmqtt.admin.api.ListenerInfo":
    "Where clients connect.",
  "gmqtt.admin.api.ListenerInfo.kind":
    "tcp, tls, websocket, secure-websocket or unix.",
  "gmqtt.admin.api.GetLogLevelResponse.level":
    "debug, info, warn or error.",
  "gmqtt.admin.api.SetLogLevelRequest.level":
    "debug, info, warn or error.",
  "gmqtt.admin.api.SetLogLevelResponse.level":
    "The level in force.",
  "gmqtt.admin.api.SubscriptionService":
    "The subscriptions of all sessions.",
  "gmqtt.admin.api.SubscriptionService.List":
    "Lists the subscriptions, page by page.",
  "gmqtt.admin.api.SubscriptionService.Filter":
    "Finds subscriptions by client, kind and topic.",
  "gmqtt.admin.api.SubscriptionService.Subscribe":
    "Subscribes a client; it is sent retained messages as if it had asked.",
  "gmqtt.admin.api.SubscriptionService.Unsubscribe":
    "Takes subscriptions of a client away.",
  "gmqtt.admin.api.SubFilterType":
    "Kinds of subscription.",
  "gmqtt.admin.api.SubFilterType.SUB_FILTER_TYPE_SYS":
    "The filter begins with $, shared ones excepted.",
  "gmqtt.admin.api.SubMatchType":
    "How topic_name is compared.",
  "gmqtt.admin.api.SubMatchType.SUB_MATCH_TYPE_MATCH_NAME":
    "Subscriptions with exactly this filter.",
  "gmqtt.admin.api.SubMatchType.SUB_MATCH_TYPE_MATCH_FILTER":
    "Subscriptions whose filter matches this topic name.",
  "gmqtt.admin.api.ListSubscriptionRequest.page_size":
    "Subscriptions on a page; 0: 20. A larger number than the configured limit is taken as the limit.",
  "gmqtt.admin.api.ListSubscriptionRequest.page":
    "Page, from 1; 0: the first.",
  "gmqtt.admin.api.ListSubscriptionResponse.total_count":
    "Subscriptions in all.",
  "gmqtt.admin.api.FilterSubscriptionRequest.client_id":
    "Only those of this client; empty: of all.",
  "gmqtt.admin.api.FilterSubscriptionRequest.filter_type":
    "Kinds (SubFilterType) as numbers with commas between, for example \"1,2,3\"; empty: all.",
  "gmqtt.admin.api.FilterSubscriptionRequest.match_type":
    "How topic_name is compared; needed with it.",
  "gmqtt.admin.api.FilterSubscriptionRequest.topic_name":
    "A topic filter or name, as match_type says; empty: any.",
  "gmqtt.admin.api.FilterSubscriptionRequest.limit":
    "How many are returned at most; 0: 20.",
  "gmqtt.admin.api.SubscribeRequest.client_id":
    "Client identifier.",
  "gmqtt.admin.api.SubscribeRequest.subscriptions":
    "client_id in these is ignored.",
  "gmqtt.admin.api.SubscribeResponse.new":
    "For each subscription whether it is new.",
  "gmqtt.admin.api.UnsubscribeRequest.client_id":
    "Client identifier.",
  "gmqtt.admin.api.UnsubscribeRequest.topics":
    "Topic filters.",
  "gmqtt.admin.api.Subscription":
    "A subscription.",
  "gmqtt.admin.api.Subscription.topic_name":
    "Topic filter, $share/name/ included.",
  "gmqtt.admin.api.Subscription.id":
    "Subscription identifier; 0: none.",
  "gmqtt.admin.api.Subscription.qos":
    "Granted QoS.",
  "gmqtt.admin.api.Subscription.retain_handling":
    "0: retained messages are sent, 1: only if the subscription is new, 2: not at all.",
  "gmqtt.admin.api.SessionService":
    "What the broker keeps for a client.",
  "gmqtt.admin.api.SessionService.Get":
    "Shows a session in full.",
  "gmqtt.admin.api.GetSessionRequest.client_id":
    "Client identifier.",
  "gmqtt.admin.api.Session":
    "A session.",
  "gmqtt.admin.api.Session.version":
    "Protocol version: 3 (3.1), 4 (3.1.1) or 5.",
  "gmqtt.admin.api.Session.disconnected_at":
    "Absent while connected.",
  "gmqtt.admin.api.Session.expires_at":
    "When it ends if the client stays away; absent while connected, or if it never does.",
  "gmqtt.admin.api.Session.expiry_interval":
    "Session expiry interval in seconds; 4294967295: never.",
  "gmqtt.admin.api.Session.subscriptions_current":
    "Subscriptions in all; the list stops at the page size limit.",
  "gmqtt.admin.api.Session.subscriptions_total":
    "Subscriptions ever made.",
  "gmqtt.admin.api.Session.will":
    "Absent without one.",
  "gmqtt.admin.api.Session.negotiated":
    "What was negotiated; absent while the client is away.",
  "gmqtt.admin.api.Outgoing":
    "Messages that the session is owed.",
  "gmqtt.admin.api.Outgoing.queue_len":
    "Messages that wait.",
  "gmqtt.admin.api.Outgoing.max_queue":
    "Messages that may wait.",
  "gmqtt.admin.api.Outgoing.inflight_len":
    "Messages of QoS 1 and 2 without acknowledgement.",
  "gmqtt.admin.api.Outgoing.max_inflight":
    "Messages of QoS 1 and 2 that may be without.",
  "gmqtt.admin.api.Will":
    "The will of a session.",
  "gmqtt.admin.api.Will.payload_length":
    "Bytes.",
  "gmqtt.admin.api.Will.delay_interval":
    "Seconds between the end of the connection and the will.",
  "gmqtt.admin.api.Negotiated":
    "What a connected client may do, as negotiated.",
  "gmqtt.admin.api.Negotiated.keep_alive":
    "Seconds; 0: none.",
  "gmqtt.admin.api.Negotiated.receive_maximum":
    "QoS 1 and 2 messages the client may have open towards the broker.",
  "gmqtt.admin.api.Negotiated.maximum_packet_size":
    "Largest packet taken from the client, in bytes.",
  "gmqtt.admin.api.Negotiated.client_maximum_packet_size":
    "Largest packet the client takes, in bytes.",
  "gmqtt.admin.api.Negotiated.authentication_method":
    "Empty: user name and password, or nothing.",
  "gmqtt.admin.api.TopicService":
    "The topics that are subscribed to or have a retained message, as a tree.",
  "gmqtt.admin.api.TopicService.Browse":
    "Shows the levels below a place in the tree, with what lies in and under each.",
  "gmqtt.admin.api.BrowseTopicRequest.prefix":
    "Place in the tree: everything that begins with this, for example \"sensors/kitchen/\"; empty: its root.",
  "gmqtt.admin.api.BrowseTopicRequest.page_size":
    "Levels returned, those with the most in them first; 0: 20. A larger number than the configured limit is taken as the limit.",
  "gmqtt.admin.api.BrowseTopicRequest.page":
    "Page, from 1; 0: the first.",
  "gmqtt.admin.api.BrowseTopicResponse.total_count":
    "Levels in all.",
  "gmqtt.admin.api.TopicLevel":
    "A level of the tree.",
  "gmqtt.admin.api.TopicLevel.name":
    "Name of the level; + and # are levels of filters.",
  "gmqtt.admin.api.TopicLevel.topic":
    "The levels down to this one.",
  "gmqtt.admin.api.TopicLevel.subscriptions":
    "Subscriptions whose filter is this or lies below, shared ones by the filter behind the share name.",
  "gmqtt.admin.api.TopicLevel.retained_messages":
    "Retained messages whose topic is this or lies below.",
  "gmqtt.admin.api.TopicLevel.prefix":
    "Prefix that shows the levels below; empty if there are none.",
  "gmqtt.admin.api.TraceService":
    "Watches packets go by.",
  "gmqtt.admin.api.TraceService.Trace":
    "Streams the packets of a client, or those that carry a topic, as they come and go. Passwords are never shown.",
  "gmqtt.admin.api.TraceRequest.client_id":
    "Only packets of this client; empty: of all.",
  "gmqtt.admin.api.TraceRequest.topic_filter":
    "Only PUBLISH packets whose topic this filter matches, and SUBSCRIBE and UNSUBSCRIBE packets that name such a filter; empty: all packets. One of the two must be given.",
  "gmqtt.admin.api.TraceRequest.show_payload":
    "Whether payloads are shown; needs the role write.",
  "gmqtt.admin.api.TraceRequest.max_events":
    "Ends after so many packets; 0: never.",
  "gmqtt.admin.api.TraceRequest.max_seconds":
    "Ends after so many seconds; 0: never.",
  "gmqtt.admin.api.PacketDirection":
    "Which way a packet went.",
  "gmqtt.admin.api.PacketDirection.PACKET_DIRECTION_IN":
    "From the client.",
  "gmqtt.admin.api.PacketDirection.PACKET_DIRECTION_OUT":
    "To the client.",
  "gmqtt.admin.api.TraceEvent":
    "A packet.",
  "gmqtt.admin.api.TraceEvent.client_id":
    "Empty before the client has one.",
  "gmqtt.admin.api.TraceEvent.remote_addr":
    "Address and port of the client.",
  "gmqtt.admin.api.TraceEvent.packet":
    "connect, connack, publish and so on.",
  "gmqtt.admin.api.TraceEvent.packet_id":
    "Packet identifier; 0: none.",
  "gmqtt.admin.api.TraceEvent.topic_name":
    "Of a PUBLISH: topic name, an alias resolved; empty if the alias was set before the trace began.",
  "gmqtt.admin.api.TraceEvent.topic_filters":
    "Of a SUBSCRIBE or UNSUBSCRIBE: topic filters.",
  "gmqtt.admin.api.TraceEvent.dup":
    "Sent again.",
  "gmqtt.admin.api.TraceEvent.reason_codes":
    "Reason codes or return codes of packets that have them.",
  "gmqtt.admin.api.TraceEvent.payload_length":
    "Bytes of a PUBLISH's payload.",
  "gmqtt.admin.api.TraceEvent.payload":
    "Empty unless asked for.",
  "gmqtt.admin.api.TraceEvent.properties":
    "Properties, as JSON.",
  "gmqtt.admin.api.TraceEvent.missed":
    "Packets that were left out right before this one because the reader was too slow.",
};
