package wire

// Notices is the stream of what changes here. A notice is a hint: a listener that lost some looks at the state.
var Notices = Route[None, Notice]{Spec{Method: "GET", Path: "/v1/events", Permission: View, Carries: Events,
	Doc: "Stream what changes in the partnerships, as server-sent events."}}

// Notice says that a partnership changed.
type Notice struct {
	Type        string        `json:"type" doc:"partnership"`
	Partnership string        `json:"partnership" doc:"PartnershipID"`
	Entries     []NoticeEntry `json:"entries" doc:"entries admitted"`
	Line        int64         `json:"line" doc:"settled line"`
}

// NoticeEntry is one entry that was admitted.
type NoticeEntry struct {
	Entry   string `json:"entry"`
	Kind    string `json:"kind"`
	Company string `json:"company" doc:"the author"`
	Own     bool   `json:"own" doc:"written here"`
	Seq     int64  `json:"seq"`
	T       int64  `json:"t" doc:"claimed time, ms UTC"`
}
