//go:build unix

package pipeline

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"winnow/internal/atomicfile"
)

// lock keeps a second run out of a run folder. The lock goes with the process, however it ends.
func lock(path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, atomicfile.Explain(err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("another winnow is running in %s: wait for it, or set run_folder to another place", filepath.Dir(path))
	}
	return func() { _ = f.Close() }, nil
}

// peakMemory returns the largest resident size of the process so far, in bytes.
func peakMemory() int64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return int64(u.Maxrss) * rssUnit
}
