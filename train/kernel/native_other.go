//go:build !amd64

package kernel

// nativeFamilies is empty where no assembly has been written and tested.
func nativeFamilies() []*family { return nil }
