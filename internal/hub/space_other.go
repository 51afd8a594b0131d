//go:build !linux && !darwin && !freebsd

package hub

// freeSpace is not known on this system.
func freeSpace(string) (free int64, ok bool) { return 0, false }
