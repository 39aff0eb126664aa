package client

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"kontor/node/api/wire"
)

// maxEvent bounds one event in bytes.
const maxEvent = 4 << 20

func scanEvents[Out any](body io.Reader, fn func(Out) error) error {
	lines := bufio.NewScanner(body)
	lines.Buffer(make([]byte, 4<<10), maxEvent)
	for lines.Scan() {
		data, isData := bytes.CutPrefix(lines.Bytes(), []byte("data: "))
		if !isData {
			continue
		}
		var event Out
		if err := json.Unmarshal(data, &event); err != nil {
			return wire.Problemf("INTERNAL", "an event of the node: %v", err)
		}
		if err := fn(event); errors.Is(err, ErrStop) {
			return nil
		} else if err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return wire.Problemf("STOPPING", "the stream of events ended: %v", err)
	}
	return nil
}
