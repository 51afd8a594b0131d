//go:build unix && !linux

package pipeline

// rssUnit is the unit of Rusage.Maxrss in bytes: bytes on macOS.
const rssUnit = 1
