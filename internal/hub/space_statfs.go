//go:build linux || darwin || freebsd

package hub

import "golang.org/x/sys/unix"

// freeSpace is what a user may still write to the disk of dir, in bytes.
func freeSpace(dir string) (free int64, ok bool) {
	var s unix.Statfs_t
	if unix.Statfs(dir, &s) != nil {
		return 0, false
	}
	return int64(s.Bavail) * int64(s.Bsize), true //nolint:unconvert // the fields' types differ between systems
}
