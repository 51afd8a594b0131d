package pipeline_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestFullDisk: a disk that runs full is said plainly, nothing half-written is left under a final name, and with space the run goes on.
func TestFullDisk(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("skipped: mounting a small disk needs root")
	}
	dir := t.TempDir()
	path := writeInputs(t, dir)
	disk := filepath.Join(dir, "disk")
	if err := os.Mkdir(disk, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=96k"); err != nil {
		t.Skipf("skipped: a small disk cannot be mounted here: %v", err)
	}
	defer func() { _ = syscall.Unmount(disk, syscall.MNT_DETACH) }()
	run := filepath.Join(disk, "run")
	_, err := runOnce(t.Context(), path, run, 2, 0)
	if err == nil || !strings.Contains(err.Error(), "the disk is full") {
		t.Fatalf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(run, "manifest.json")); err == nil {
		t.Error("a failed run has a manifest")
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	if _, err := runOnce(t.Context(), path, run, 2, 0); err != nil {
		t.Fatal(err)
	}
	clean := filepath.Join(dir, "clean")
	if _, err := runOnce(t.Context(), path, clean, 2, 0); err != nil {
		t.Fatal(err)
	}
	if digest(t, run) != digest(t, clean) {
		t.Error("after a full disk the run gives other bytes")
	}
}
