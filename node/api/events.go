package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"sync"
	"time"

	"kontor/node"
	"kontor/node/api/wire"
)

// keepAlive is how often an idle stream says that it lives; proxies and clients close silent ones.
const keepAlive = 15 * time.Second

// streams are the open streams of events, which end at once when the server stops.
type streams struct {
	mu    sync.Mutex
	count int
	ends  map[int]context.CancelFunc
}

func (s *streams) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, end := range s.ends {
		end()
	}
}

// within derives a context that ends with the request or with the streams.
func (s *streams) within(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	id := s.count
	if s.ends == nil {
		s.ends = map[int]context.CancelFunc{}
	}
	s.ends[id] = cancel
	return ctx, func() {
		cancel()
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.ends, id)
	}
}

// HandleEvents registers a stream of server-sent events. open returns the channel of documents and what ends it; the stream ends when
// the channel closes, the caller leaves or the server stops.
func HandleEvents[In, Out any](r *Registry, route wire.Route[In, Out], open func(ctx context.Context, c Caller, in In) (<-chan Out, func(), error)) {
	mustCarry(route.Spec, wire.Events)
	r.add(entry{route.Spec, reflect.TypeFor[In](), reflect.TypeFor[Out](), func(w http.ResponseWriter, req *http.Request, c Caller) error {
		var in In
		if err := wire.DecodeQuery(req.URL.Query(), &in); err != nil {
			return err
		}
		ctx, end := r.streams.within(req.Context())
		defer end()
		events, closeEvents, err := open(ctx, c, in)
		if err != nil {
			return err
		}
		defer closeEvents()
		w.Header().Set("Content-Type", "text/event-stream")
		flush := http.NewResponseController(w)
		fmt.Fprint(w, ": open\n\n")
		if flush.Flush() != nil {
			return nil
		}
		tick := time.NewTicker(keepAlive)
		defer tick.Stop()
		for {
			var err error
			select {
			case <-ctx.Done():
				return nil
			case <-tick.C:
				_, err = fmt.Fprint(w, ": alive\n\n")
			case event, open := <-events:
				if !open {
					return nil
				}
				data, failed := json.Marshal(event)
				if failed != nil {
					return nil
				}
				_, err = fmt.Fprintf(w, "data: %s\n\n", data)
			}
			if err != nil || flush.Flush() != nil {
				return nil // the caller left
			}
		}
	}})
}

// RegisterEvents registers the office's notices.
func RegisterEvents(r *Registry, n *node.Node) {
	HandleEvents(r, wire.Notices, func(ctx context.Context, c Caller, _ wire.None) (<-chan wire.Notice, func(), error) {
		from, end := n.Listen()
		out := make(chan wire.Notice)
		go func() {
			defer close(out)
			for notice := range from {
				if told, sees := noticeFor(n, c, notice); sees {
					select {
					case out <- told:
					case <-ctx.Done():
						return
					}
				}
			}
		}()
		return out, end, nil
	})
}

// noticeFor is what a caller may see of a notice: that a partner within its scope wrote, and of which kind.
func noticeFor(n *node.Node, c Caller, notice node.Notice) (wire.Notice, bool) {
	p, err := n.Partnership(notice.PID)
	if err != nil {
		return wire.Notice{}, false
	}
	sees := false
	for _, m := range p.Genesis.Others(n.Company()) {
		sees = sees || c.Scope.Partner(m.Company.String())
	}
	told := wire.Notice{Type: "partnership", Partnership: notice.PID.String(), Line: notice.Outcome.Line, Entries: []wire.NoticeEntry{}}
	for _, e := range notice.Outcome.Admitted {
		told.Entries = append(told.Entries, wire.NoticeEntry{Entry: e.CID.String(), Kind: e.Header.Kind, Company: e.Header.Author.String(),
			Own: e.Header.Author == n.Company(), Seq: e.Header.Seq, T: e.Header.T})
	}
	return told, sees
}
