package command

import (
	"errors"
	"io"
	"os"

	"kontor/node/api/wire"
	"kontor/node/client"
)

// download writes what a route gives to a file that must not exist. What can't be completed is not left behind.
func download[In any](c *call, path string, route wire.Route[In, wire.None], in In) (size int64, err error) {
	n, err := c.node()
	if err != nil {
		return 0, err
	}
	defer n.Close()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return 0, wire.Problemf("ALREADY_THERE", "%s exists; an export never replaces a file", path)
	}
	if err != nil {
		return 0, usagef("%v", err)
	}
	defer func() {
		if err != nil {
			os.Remove(path)
		}
	}()
	if err := client.Download(c.Context.Context, n, route, in, f); err != nil {
		f.Close()
		return 0, err
	}
	if size, err = f.Seek(0, io.SeekCurrent); err != nil {
		f.Close()
		return 0, err
	}
	return size, errors.Join(f.Sync(), f.Close())
}
