package quality

import (
	"testing"

	"winnow/filters/filtertest"
)

func TestCases(t *testing.T) {
	filtertest.Cases(t, "quality")
	filtertest.Cases(t, "repetition")
}
