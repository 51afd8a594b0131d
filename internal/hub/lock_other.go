//go:build !unix

package hub

// lock does nothing: this system has no advisory locks that go with the process.
func lock(string) (unlock func(), err error) { return func() {}, nil }
