package model

// ReferenceSpec is the reference pump's.
func ReferenceSpec() Spec {
	return Spec{Name: "reference", New: NewReference,
		About: "the correct pump: hunts must find nothing in it"}
}

// Pumps lists the pumps of the project: the three of kv_engine and the
// reference. Mutants are listed apart.
func Pumps() []Spec {
	return append(kvSpecs(), ReferenceSpec())
}
