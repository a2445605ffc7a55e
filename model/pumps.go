package model

// ReferenceSpec is the reference pump's.
func ReferenceSpec() Spec {
	return Spec{Name: "reference", New: NewReference,
		About: "the correct pump: hunts must find nothing in it"}
}
