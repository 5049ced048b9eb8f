#ifndef SILLAGE_CHDF5_H
#define SILLAGE_CHDF5_H

#include <hdf5.h>

// The predefined identifiers of HDF5 are macros that open the library first; Swift imports functions, not those macros.
static inline hid_t sillage_h5_native_double(void) { return H5T_NATIVE_DOUBLE; }
static inline hid_t sillage_h5_native_float(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t sillage_h5_native_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t sillage_h5_c_string(void) { return H5T_C_S1; }
static inline unsigned sillage_h5_read_only(void) { return H5F_ACC_RDONLY; }
static inline hid_t sillage_h5_default(void) { return H5P_DEFAULT; }
static inline hid_t sillage_h5_all(void) { return H5S_ALL; }
static inline size_t sillage_h5_variable_length(void) { return H5T_VARIABLE; }

// Errors are reported by status; the library must not print its stack on the user's terminal.
static inline void sillage_h5_silence(void) { H5Eset_auto2(H5E_DEFAULT, 0, 0); }

#endif
