package privacy

import (
	"testing"

	"winnow/filters/filtertest"
)

func TestCases(t *testing.T) {
	filtertest.Cases(t, "pii")
}
