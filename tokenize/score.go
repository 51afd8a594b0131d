package tokenize

import (
	"fmt"
	"math"
	"strconv"
)

// parseScore reads a decimal number the way the JSON reader of Hugging Face tokenizers does (serde_json without float_roundtrip): the digits as a whole
// number of 64 bits, then one multiplication or division by a power of ten. About every fourth score differs in its last bit from the nearest float,
// which decides ties between segmentations.
func parseScore(s string) (float64, error) {
	exact, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(exact, 0) || exact != exact {
		return 0, fmt.Errorf("%q is not a finite number", s)
	}
	var digits uint64
	exponent := 0
	i := 0
	if s[0] == '-' {
		i++
	}
	fraction, full := false, false
	for ; i < len(s); i++ {
		c := s[i]
		if c == '.' {
			fraction = true
			continue
		}
		if c < '0' || c > '9' {
			break
		}
		d := uint64(c - '0')
		if full = full || digits > (math.MaxUint64-d)/10; full {
			if !fraction {
				exponent++
			}
			continue
		}
		digits = digits*10 + d
		if fraction {
			exponent--
		}
	}
	if i < len(s) { // e or E
		e, err := strconv.Atoi(s[i+1:])
		if err != nil {
			return 0, fmt.Errorf("%q is not a finite number", s)
		}
		exponent += e
	}
	f := float64(digits)
	for exponent < -308 && f != 0 {
		f /= 1e308
		exponent += 308
	}
	switch {
	case exponent > 308 && f != 0:
		return 0, fmt.Errorf("%q is not a finite number", s)
	case f == 0:
	case exponent >= 0:
		f *= powerOfTen(exponent)
	default:
		f /= powerOfTen(-exponent)
	}
	return math.Copysign(f, exact), nil
}

// powerOfTen returns the float nearest to 10^n, 0 <= n <= 308.
func powerOfTen(n int) float64 {
	f, err := strconv.ParseFloat("1e"+strconv.Itoa(n), 64)
	if err != nil {
		return math.Inf(1)
	}
	return f
}
