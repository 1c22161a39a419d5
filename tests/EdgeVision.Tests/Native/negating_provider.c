/* An execution provider in a library of its own, as small as can be: it takes every Neg of float32 and leaves the rest to others.
   NO_DEVICE: it finds no device. FAIL_COMPUTE: it takes nodes and fails when they run, as a device out of memory does. */
#include <stdlib.h>
#include <string.h>
#include "onnxruntime_c_api.h"

#define EXPORT __attribute__((visibility("default")))

static const OrtApi* ort;
static const OrtEpApi* ep_api;
static const char* const kName = "NegatingExecutionProvider";

/* --- a node that runs --- */

static OrtStatus* CreateState(OrtNodeComputeInfo* info, OrtNodeComputeContext* context, void** state) {
  (void)info; (void)context;
  *state = NULL;
  return NULL;
}

static void ReleaseState(OrtNodeComputeInfo* info, void* state) { (void)info; (void)state; }

static OrtStatus* Compute(OrtNodeComputeInfo* info, void* state, OrtKernelContext* context) {
  (void)info; (void)state;
#ifdef FAIL_COMPUTE
  (void)context;
  return ort->CreateStatus(ORT_FAIL, "the device is out of memory");
#else
  const OrtValue* input = NULL;
  OrtValue* output = NULL;
  OrtTensorTypeAndShapeInfo* shape = NULL;
  const void* x = NULL;
  void* y = NULL;
  size_t rank = 0, count = 0;
  int64_t dimensions[16];
  OrtStatus* status = ort->KernelContext_GetInput(context, 0, &input);
  if (!status) status = ort->GetTensorTypeAndShape(input, &shape);
  if (!status) status = ort->GetDimensionsCount(shape, &rank);
  if (!status) status = ort->GetDimensions(shape, dimensions, rank);
  if (!status) status = ort->GetTensorShapeElementCount(shape, &count);
  if (!status) status = ort->KernelContext_GetOutput(context, 0, dimensions, rank, &output);
  if (!status) status = ort->GetTensorData(input, &x);
  if (!status) status = ort->GetTensorMutableData(output, &y);
  for (size_t i = 0; !status && i < count; i++) ((float*)y)[i] = -((const float*)x)[i];
  if (shape) ort->ReleaseTensorTypeAndShapeInfo(shape);
  return status;
#endif
}

/* --- the provider of a session --- */

static const char* EpName(const OrtEp* ep) { (void)ep; return kName; }

static OrtStatus* GetCapability(OrtEp* ep, const OrtGraph* graph, OrtEpGraphSupportInfo* support) {
  (void)ep;
  size_t count = 0;
  OrtStatus* status = ort->Graph_GetNumNodes(graph, &count);
  const OrtNode** nodes = status ? NULL : calloc(count ? count : 1, sizeof(*nodes));
  if (!status) status = ort->Graph_GetNodes(graph, nodes, count);
  for (size_t i = 0; !status && i < count; i++) {
    const char* type = NULL;
    status = ort->Node_GetOperatorType(nodes[i], &type);
    if (!status && strcmp(type, "Neg") == 0) status = ep_api->EpGraphSupportInfo_AddNodesToFuse(support, &nodes[i], 1, NULL);
  }
  free((void*)nodes);
  return status;
}

static OrtStatus* Compile(OrtEp* ep, const OrtGraph** graphs, const OrtNode** fused, size_t count, OrtNodeComputeInfo** infos, OrtNode** contexts) {
  (void)ep; (void)graphs; (void)fused; (void)contexts;
  for (size_t i = 0; i < count; i++) {
    infos[i] = calloc(1, sizeof(**infos));
    infos[i]->ort_version_supported = ORT_API_VERSION;
    infos[i]->CreateState = CreateState;
    infos[i]->Compute = Compute;
    infos[i]->ReleaseState = ReleaseState;
  }
  return NULL;
}

static void ReleaseInfos(OrtEp* ep, OrtNodeComputeInfo** infos, size_t count) {
  (void)ep;
  for (size_t i = 0; i < count; i++) free(infos[i]);
}

/* --- the factory --- */

static const char* FactoryName(const OrtEpFactory* factory) { (void)factory; return kName; }
static const char* FactoryVendor(const OrtEpFactory* factory) { (void)factory; return "EdgeVision tests"; }
static const char* FactoryVersion(const OrtEpFactory* factory) { (void)factory; return "0.1.0"; }
static uint32_t FactoryVendorId(const OrtEpFactory* factory) { (void)factory; return 0; }

static OrtStatus* GetSupportedDevices(OrtEpFactory* factory, const OrtHardwareDevice* const* devices, size_t count, OrtEpDevice** found, size_t most, size_t* number) {
  *number = 0;
#ifndef NO_DEVICE
  for (size_t i = 0; i < count && *number < most; i++) {
    if (ort->HardwareDevice_Type(devices[i]) == OrtHardwareDeviceType_CPU) {
      OrtStatus* status = ep_api->CreateEpDevice(factory, devices[i], NULL, NULL, &found[*number]);
      if (status) return status;
      (*number)++;
    }
  }
#else
  (void)factory; (void)devices; (void)count; (void)found; (void)most;
#endif
  return NULL;
}

static OrtStatus* CreateEp(OrtEpFactory* factory, const OrtHardwareDevice* const* devices, const OrtKeyValuePairs* const* metadata, size_t count, const OrtSessionOptions* options, const OrtLogger* logger, OrtEp** ep) {
  (void)factory; (void)devices; (void)metadata; (void)count; (void)options; (void)logger;
  *ep = calloc(1, sizeof(**ep));
  (*ep)->ort_version_supported = ORT_API_VERSION;
  (*ep)->GetName = EpName;
  (*ep)->GetCapability = GetCapability;
  (*ep)->Compile = Compile;
  (*ep)->ReleaseNodeComputeInfos = ReleaseInfos;
  return NULL;
}

static void ReleaseEp(OrtEpFactory* factory, OrtEp* ep) { (void)factory; free(ep); }

static OrtStatus* NoAllocator(OrtEpFactory* factory, const OrtMemoryInfo* info, const OrtKeyValuePairs* options, OrtAllocator** allocator) {
  (void)factory; (void)info; (void)options;
  *allocator = NULL; /* the CPU's memory does */
  return NULL;
}

static void ReleaseAllocator(OrtEpFactory* factory, OrtAllocator* allocator) { (void)factory; (void)allocator; }

static OrtStatus* NoDataTransfer(OrtEpFactory* factory, OrtDataTransferImpl** transfer) {
  (void)factory;
  *transfer = NULL;
  return NULL;
}

static bool IsStreamAware(const OrtEpFactory* factory) { (void)factory; return false; }

EXPORT OrtStatus* CreateEpFactories(const char* name, const OrtApiBase* base, const OrtLogger* logger, OrtEpFactory** factories, size_t most, size_t* number) {
  (void)name; (void)logger;
  ort = base->GetApi(ORT_API_VERSION);
  ep_api = ort->GetEpApi();
  if (most < 1) return ort->CreateStatus(ORT_INVALID_ARGUMENT, "there is no room for a factory");
  OrtEpFactory* factory = calloc(1, sizeof(*factory));
  factory->ort_version_supported = ORT_API_VERSION;
  factory->GetName = FactoryName;
  factory->GetVendor = FactoryVendor;
  factory->GetVersion = FactoryVersion;
  factory->GetVendorId = FactoryVendorId;
  factory->GetSupportedDevices = GetSupportedDevices;
  factory->CreateEp = CreateEp;
  factory->ReleaseEp = ReleaseEp;
  factory->CreateAllocator = NoAllocator;
  factory->ReleaseAllocator = ReleaseAllocator;
  factory->CreateDataTransfer = NoDataTransfer;
  factory->IsStreamAware = IsStreamAware;
  factories[0] = factory;
  *number = 1;
  return NULL;
}

EXPORT OrtStatus* ReleaseEpFactory(OrtEpFactory* factory) { free(factory); return NULL; }
