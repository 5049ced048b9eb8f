#ifndef SILLAGE_CNETCDF_H
#define SILLAGE_CNETCDF_H

#include <netcdf.h>

#endif
